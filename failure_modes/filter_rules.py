"""Filters as a person writes them: what is wrong with a list of them, and how it is read.

The JSON form is `{"kind": "pages_max", "limit": 50, "scope": "all"}` or
`{"kind": "group", "names": ["staff"]}`; without a scope a filter speaks of restricted users only,
as people know it from other print managers.

`problems` finds what could not be read. Two more functions find what nobody can mean. A rule that
never decides is `needless`, and whoever wrote it believes that it does something; that is judged
within one layer only, because a site that is stricter than the organisation is normal. Two rules
that together leave nothing to print are `contradictions`, wherever they come from.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations
from typing import Final

from failure_modes.conversions import Conversion
from failure_modes.filter_kinds import KINDS, LimitKind, NamesKind
from failure_modes.filters import FILTERS_MAX, Filter
from failure_modes.name_patterns import PIECED_MAX, is_pieced, pattern_problem
from failure_modes.raw_shape import choice_problem, keys_problems, names_problems, number_problem
from failure_modes.rule_vocabulary import ConversionKind, FilterKind, RuleScope
from failure_modes.vocabulary import Layer

NAMES_MAX: Final = 64
"""Names of one filter: every paper size that a printer knows, or the groups of a big school."""

OPPOSITES: Final = (
    (FilterKind.MONO_ONLY, FilterKind.COLOUR_ONLY),
    (FilterKind.SIMPLEX_ONLY, FilterKind.DUPLEX_ONLY),
)
"""Kinds that together let nothing pass, save single pages."""

UNDONE: Final[Mapping[ConversionKind, FilterKind]] = {
    ConversionKind.FORCE_MONO: FilterKind.COLOUR_ONLY,
    ConversionKind.FORCE_DUPLEX: FilterKind.SIMPLEX_ONLY,
}
"""Which kind of filter refuses what a conversion has made."""


def problems(raw: object) -> list[str]:
    """Return all that is wrong with the filters of one layer as read from JSON."""
    if not isinstance(raw, list) or len(raw) > FILTERS_MAX:
        return [f"not a list of at most {FILTERS_MAX} filters"]
    found = [
        f"[{place}] {problem}" for place, item in enumerate(raw) for problem in _item_problems(item)
    ]
    return found or _slow(read(raw, Layer.BUILT_IN))


def read(raw: Iterable[Mapping[str, object]], layer: Layer) -> tuple[Filter, ...]:
    """Return the filters of one layer; `raw` has no problems."""
    return tuple(_read(item, layer) for item in raw)


def needless(rules: Iterable[Filter]) -> list[str]:
    """Return which filters, of one layer, never decide because another one refuses it all."""
    return [
        f"[{place}] {rule.kind} never decides anything: [{wider}] {other.kind} refuses all it would"
        for (place, rule), (wider, other) in permutations(enumerate(rules), 2)
        if _covers(other, rule) and (not _covers(rule, other) or wider < place)
    ]


def contradictions(filters: Iterable[Filter], conversions: Iterable[Conversion]) -> list[str]:
    """Return which rules, of any layers, leave nothing to print for somebody they both mean.

    Scopes are not compared: what speaks of everybody and what speaks of restricted users meet in
    the restricted ones.
    """
    rules = sorted(filters, key=lambda rule: rule.rank)
    by_kind = {rule.kind: rule for rule in rules}
    found = [
        f"{_title(by_kind[one])} and {_title(by_kind[other])} together let nothing pass"
        for one, other in OPPOSITES
        if one in by_kind and other in by_kind
    ]
    on_paper = [rule for rule in rules if rule.kind is FilterKind.PAPER_SIZE]
    if on_paper and not frozenset.intersection(*(rule.names for rule in on_paper)):
        titles = " and ".join(_title(rule) for rule in on_paper)
        found.append(f"{titles} have no size in common, so no paper may be used")
    for rule in sorted(conversions, key=lambda rule: rule.rank):
        refusing = by_kind.get(UNDONE[rule.kind])
        if refusing:
            found.append(f"{_title(refusing)} refuses what {_title(rule)} makes of a job")
    return list(dict.fromkeys(found))


def _title(rule: Filter | Conversion) -> str:
    return f"{rule.layer}.{rule.kind}"


def _read(item: Mapping[str, object], layer: Layer) -> Filter:
    limit, names = item.get("limit"), item.get("names")
    return Filter(
        kind=FilterKind(str(item["kind"])),
        limit=limit if isinstance(limit, int) else None,
        names=frozenset(names if isinstance(names, list) else ()),
        scope=RuleScope(str(item.get("scope", RuleScope.RESTRICTED))),
        layer=layer,
    )


def _item_problems(item: object) -> list[str]:
    if not isinstance(item, Mapping):
        return [f"{item!r} is not an object"]
    problem = choice_problem(item.get("kind"), list(FilterKind))
    if problem:
        return [f"kind: {problem}"]
    kind = FilterKind(item["kind"])
    needed, judge = _argument(kind)
    found = [f"{kind}: {problem}" for problem in keys_problems(item, ("kind", *needed), ("scope",))]
    for key in needed:
        if key in item:
            found += [f"{kind}.{key}: {problem}" for problem in judge(item[key])]
    if "scope" in item and (problem := choice_problem(item["scope"], list(RuleScope))):
        found.append(f"{kind}.scope: {problem}")
    return found


def _argument(kind: FilterKind) -> tuple[tuple[str, ...], Callable[[object], list[str]]]:
    """Return the key that a filter of this kind needs besides `kind`, and who judges its value."""
    match KINDS[kind]:
        case LimitKind(low=low, high=high, unit=unit):
            return ("limit",), lambda value: _listed(number_problem(value, low, high, unit))
        case NamesKind(lower_case=lower_case):
            if kind is FilterKind.DOCUMENT_NAME:
                return ("names",), _patterns_problems
            return ("names",), lambda value: names_problems(value, NAMES_MAX, lower_case=lower_case)
        case _:
            return (), lambda _value: []


def _listed(problem: str | None) -> list[str]:
    return [problem] if problem else []


def _patterns_problems(value: object) -> list[str]:
    found = names_problems(value, NAMES_MAX)
    if found or not isinstance(value, list):
        return found
    return [problem for pattern in value if (problem := pattern_problem(pattern))]


def _slow(rules: tuple[Filter, ...]) -> list[str]:
    named = (rule.names for rule in rules if rule.kind is FilterKind.DOCUMENT_NAME)
    pieced = sum(is_pieced(pattern) for names in named for pattern in names)
    if pieced <= PIECED_MAX:
        return []
    problem = (
        f"document_name: {pieced} patterns have a star in the middle or several stars, "
        f"{PIECED_MAX} are allowed; patterns such as *.exe and draft* are not counted"
    )
    return [problem]


def _covers(wide: Filter, narrow: Filter) -> bool:
    """Return whether `wide` refuses all that `narrow` refuses."""
    if wide.scope is RuleScope.RESTRICTED and narrow.scope is RuleScope.ALL:
        return False
    if wide.kind is not narrow.kind:
        return (wide.kind, narrow.kind) == (FilterKind.MONO_ONLY, FilterKind.COLOUR_GROUP)
    match KINDS[wide.kind]:
        case LimitKind():
            return wide.laxity <= narrow.laxity
        case NamesKind(denies=True):
            return narrow.names <= wide.names
        case _:
            return wide.names <= narrow.names
