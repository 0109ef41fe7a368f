"""What is wrong with the policies of an organisation, all layers and all printers together.

A printer is ruled by its own layer, its site's and the global one. What contradicts itself at any
printer is refused. What does nothing is refused only if it does nothing at every printer that it
speaks of: a ceiling set for all is none too many when one site alone looks at it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, TypeAlias

from failure_modes.policy import value_problems
from failure_modes.policy_check import contradictions, idle
from failure_modes.vocabulary import Layer

VERSION: Final = "version"

Key: TypeAlias = tuple[Layer, str]
"""A layer and its scope."""
Meeting: TypeAlias = tuple[str, str | None]
"""A site and a printer of it; None stands for any printer without a policy of its own."""

GLOBAL: Final[Key] = (Layer.GLOBAL, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRules:
    """The rules of one layer; `scope` is the name of the site or printer, empty for global."""

    layer: Layer
    scope: str
    rules: Mapping[str, object]

    @property
    def key(self) -> Key:
        """What they are known by."""
        return self.layer, self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong. The same `where` and `what` is the same problem, in other words."""

    where: tuple[Key, ...]
    """The fewest policies that it takes."""
    what: str
    text: str = field(compare=False)


def policy_problems(policies: Sequence[LayerRules], meetings: Iterable[Meeting]) -> list[str]:
    """Return everything that is wrong where these policies meet."""
    return list(dict.fromkeys(each.text for each in find_problems(policies, meetings)))


def find_problems(policies: Sequence[LayerRules], meetings: Iterable[Meeting]) -> list[Problem]:
    """Return the same, so that what was wrong before can be told from what is new."""
    rules = {each.key: each.rules for each in policies if each.layer is not Layer.BUILT_IN}
    places = _places(rules, meetings)
    return [
        *(problem for each in policies for problem in field_problems(each)),
        *_contradictions(rules, places),
        *_idle(rules, places),
    ]


def _places(
    rules: Mapping[Key, Mapping[str, object]], meetings: Iterable[Meeting]
) -> list[tuple[Key, ...]]:
    """Return every set of policies that meet; one that meets no printer meets the global one."""
    found: dict[tuple[Key, ...], None] = {}
    for site_name, printer_name in meetings:
        keys = (GLOBAL, (Layer.SITE, site_name), (Layer.PRINTER, printer_name or ""))
        found[tuple(key for key in keys if key in rules)] = None
    met = {key for keys in found for key in keys}
    for key in rules:
        if key not in met:
            found[tuple(each for each in dict.fromkeys((GLOBAL, key)) if each in rules)] = None
    return sorted(found, key=lambda keys: (len(keys), keys))


def field_problems(policy: LayerRules) -> Iterator[Problem]:
    """Yield what is wrong with the fields of one policy, each by itself."""
    title = _title(policy.key)
    for name, value in policy.rules.items():
        said = value_problems(name, value)
        if name == VERSION:
            said = ["headquarters counts the versions; leave it out"]
        for each in said:
            yield Problem(where=(policy.key,), what=name, text=f"{title}: {name}: {each}")


def _contradictions(
    rules: Mapping[Key, Mapping[str, object]], places: Iterable[tuple[Key, ...]]
) -> Iterator[Problem]:
    """Yield each contradiction once for the fewest policies that it takes."""
    alone = tuple(key for key in (GLOBAL,) if key in rules)  # a site that is yet to be made
    seen: set[Problem] = set()
    for keys in (alone, *places):
        for text in contradictions(_layers(rules, keys)):
            problem = _at_fewest(rules, keys, text)
            if problem not in seen:
                yield problem
            seen.add(problem)


def _at_fewest(
    rules: Mapping[Key, Mapping[str, object]], keys: tuple[Key, ...], text: str
) -> Problem:
    """Return the contradiction of `keys` at the fewest of them that have the very same one."""
    parts = (part for size in range(1, len(keys)) for part in combinations(keys, size))
    for part in parts:
        if text in contradictions(_layers(rules, part)):
            return _contradiction(part, text)
    return _contradiction(keys, text)


def _contradiction(keys: tuple[Key, ...], text: str) -> Problem:
    said = f"{' with '.join(map(_title, keys))}: {text}"
    return Problem(where=keys, what=_what(text), text=said)


def _what(text: str) -> str:
    """What a contradiction is about: the field in front of its numbers, or all of its words."""
    return text.partition(": ")[0]


def _idle(
    rules: Mapping[Key, Mapping[str, object]], places: Iterable[tuple[Key, ...]]
) -> Iterator[Problem]:
    met: Counter[Key] = Counter()
    found: Counter[tuple[Key, str]] = Counter()
    said: dict[tuple[Key, str], str] = {}
    for keys in places:
        met.update(keys)
        scope_of = dict(keys)
        for each in idle(_layers(rules, keys)):
            where = ((each.layer, scope_of[each.layer]), each.what)
            found[where] += 1
            said.setdefault(where, each.problem)
    for where, times in found.items():
        if times == met[where[0]]:
            key, what = where
            yield Problem(where=(key,), what=what, text=f"{_title(key)}: {said[where]}")


def _layers(
    rules: Mapping[Key, Mapping[str, object]], keys: Iterable[Key]
) -> dict[Layer, Mapping[str, object]]:
    return {key[0]: rules[key] for key in keys}


def _title(key: Key) -> str:
    layer, scope = key
    return f"{layer} {scope}".rstrip()
