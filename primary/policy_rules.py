"""What is wrong with the policies of an organisation, all layers and all printers together.

A printer is ruled by its own layer, its site's and the global one. What contradicts itself at any
printer is refused. What does nothing is refused only if it does nothing at every printer that it
speaks of: a ceiling set for all is none too many when one site alone looks at it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


def policy_problems(policies: Sequence[LayerRules], meetings: Iterable[Meeting]) -> list[str]:
    """Return everything that is wrong where these policies meet."""
    rules = {each.key: each.rules for each in policies if each.layer is not Layer.BUILT_IN}
    places = _places(rules, meetings)
    return [
        *(problem for each in policies for problem in _field_problems(each)),
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


def _field_problems(policy: LayerRules) -> Iterator[str]:
    title = _title(policy.key)
    for name, value in policy.rules.items():
        if name == VERSION:
            yield f"{title}: {VERSION}: headquarters counts the versions; leave it out"
            continue
        yield from (f"{title}: {name}: {problem}" for problem in value_problems(name, value))


def _contradictions(
    rules: Mapping[Key, Mapping[str, object]], places: Iterable[tuple[Key, ...]]
) -> Iterator[str]:
    """Yield each contradiction once, at the place that needs the fewest layers for it."""
    alone = tuple(key for key in (GLOBAL,) if key in rules)  # a site that is yet to be made
    seen: set[str] = set()
    for keys in (alone, *places):
        for problem in contradictions(_layers(rules, keys)):
            if problem not in seen:
                yield f"{' with '.join(map(_title, keys))}: {problem}"
            seen.add(problem)


def _idle(
    rules: Mapping[Key, Mapping[str, object]], places: Iterable[tuple[Key, ...]]
) -> Iterator[str]:
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
            yield f"{_title(where[0])}: {said[where]}"


def _layers(
    rules: Mapping[Key, Mapping[str, object]], keys: Iterable[Key]
) -> dict[Layer, Mapping[str, object]]:
    return {key[0]: rules[key] for key in keys}


def _title(key: Key) -> str:
    layer, scope = key
    return f"{layer} {scope}".rstrip()
