"""Filters: which jobs are not printed, whoever pays.

Theory of operation. The filters of all layers add up: a printer can be stricter than its site, and
nobody who edits a printer switches off a rule of the organisation by accident. A job passes when
no filter refuses it, so their order cannot matter. Which refusal is named does not depend on it
either: the first kind in the order of `FilterKind`, then the strictest rule, then the one that was
set nearest to the printer.

Many rules must not cost more than a few, because everybody at every panel waits for them. So
when a policy is read, all filters of one kind are merged into one: the strictest limit, all
denied types in one set. A decision only asks whether one of the merged ones refuses, the plain
limits first, which are four comparisons whether anybody set them or not. Only after a refusal are
kinds and then single filters looked at in their order, to say which one it was.

The rejected alternative, the first matching rule of an ordered list wins, can say more. But then a
rule means nothing without all those before it, and two lists cannot be laid over each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from failure_modes.errors import check
from failure_modes.facts import JobFacts, UserView
from failure_modes.filter_kinds import KINDS, LimitKind, Names, NamesKind, Refuses
from failure_modes.rule_vocabulary import FilterKind, RuleScope
from failure_modes.vocabulary import Layer, Reason

FILTERS_MAX: Final = 32
"""Filters of one layer: two of each kind and room for some groups."""

NO_LIMIT: Final = 1 << 62
"""Stands where nobody set a limit: beyond any number that is compared with one."""

_PLAIN_LIMITS: Final = frozenset(
    {FilterKind.SPOOL_BYTES_MAX, FilterKind.COPIES_MAX, FilterKind.PAGES_MAX, FilterKind.COST_MAX}
)
_KIND_ORDER: Final = {kind: place for place, kind in enumerate(FilterKind)}
_NEAREST_FIRST: Final = {layer: place for place, layer in enumerate(reversed(Layer))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One rule; whether it has a limit or names depends on its kind."""

    kind: FilterKind
    limit: int | None = None
    names: Names = frozenset()
    scope: RuleScope = RuleScope.RESTRICTED
    layer: Layer = Layer.BUILT_IN

    def __post_init__(self) -> None:
        known = KINDS[self.kind]
        check(
            (self.limit is not None) is isinstance(known, LimitKind)
            and bool(self.names) is isinstance(known, NamesKind),
            f"a filter {self.kind} has a limit or names as its kind wants",
        )

    @property
    def reason(self) -> Reason:
        """Why this filter refuses."""
        return KINDS[self.kind].reason

    @property
    def laxity(self) -> int:
        """Where the kind has a limit, a number that is lower the more the filter refuses."""
        limit = self.limit or 0
        match KINDS[self.kind]:
            case LimitKind(more_is_stricter=True):
                return -limit
            case _:
                return limit

    @property
    def rank(self) -> tuple[int, int, int, str, list[str]]:
        """The place of this filter among others when a refusal is named."""
        place, nearness = _KIND_ORDER[self.kind], _NEAREST_FIRST[self.layer]
        return (place, self.laxity, nearness, self.scope, sorted(self.names))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterVerdict:
    """The filter that refused."""

    rule: Filter

    @property
    def reason(self) -> Reason:
        """Why the job is refused."""
        return self.rule.reason

    @property
    def limit(self) -> int | None:
        """The bound that was broken, in the unit of the kind, where it has one."""
        return self.rule.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFilters:
    """All filters of one kind that speak of one person."""

    refuses: Refuses
    """What they refuse together."""
    single: tuple[tuple[Filter, Refuses], ...]
    """What each of them refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """All filters that speak of one person, made to be asked at once."""

    by_kind: tuple[MergedFilters, ...] = ()
    """One of each kind, in the order in which refusals are named."""
    spool_bytes_max: int = NO_LIMIT
    copies_max: int = NO_LIMIT
    pages_max: int = NO_LIMIT
    cost_max: int = NO_LIMIT
    others: tuple[Refuses, ...] = ()
    """What the filters refuse that are no plain limits, each kind as one."""

    def passes(self, job: JobFacts, user: UserView) -> bool:
        """Return whether no filter refuses `job`."""
        printed = job.job
        if (
            job.impressions > self.pages_max
            or job.cost_micros > self.cost_max
            or printed.copies > self.copies_max
            or printed.spool_bytes > self.spool_bytes_max
        ):
            return False
        for refuses in self.others:  # noqa: SIM110 - any() would cost more than what it asks
            if refuses(job, user):
                return False
        return True


PASSES_ALL: Final = Sieve()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSet:
    """Filters ready to decide; make one with `filter_set`."""

    rules: tuple[Filter, ...] = ()
    """Every filter, in the order in which refusals are named."""

    for_everybody: Sieve = field(default=PASSES_ALL, compare=False, repr=False)
    """The filters of scope `all`."""
    for_restricted: Sieve = field(default=PASSES_ALL, compare=False, repr=False)
    """All filters."""


NO_FILTERS: Final = FilterSet()


def filter_set(filters: Iterable[Filter]) -> FilterSet:
    """Return `filters` ready to decide; their order does not matter."""
    rules = tuple(sorted(set(filters), key=lambda rule: rule.rank))
    single = [(rule, _refuses(rule)) for rule in rules]
    return FilterSet(
        rules=rules,
        for_everybody=_sieve(one for one in single if one[0].scope is RuleScope.ALL),
        for_restricted=_sieve(single),
    )


def first_refusal(filters: FilterSet, job: JobFacts, user: UserView) -> FilterVerdict | None:
    """Return the filter that refuses `job`, None when all of them let it pass."""
    sieve = filters.for_restricted if user.restricted else filters.for_everybody
    if sieve.passes(job, user):
        return None
    merged = next(each for each in sieve.by_kind if each.refuses(job, user))
    blamed = (rule for rule, refuses in merged.single if refuses(job, user))
    return FilterVerdict(rule=next(blamed))


def _refuses(rule: Filter) -> Refuses:
    match KINDS[rule.kind]:
        case LimitKind(refuses=above):
            return above(rule.limit or 0)
        case NamesKind(refuses=by_names):
            return by_names(rule.names)
        case plain:
            return plain.refuses


def _sieve(single: Iterable[tuple[Filter, Refuses]]) -> Sieve:
    """Merge filters, which are sorted."""
    by_kind = tuple(_merged(tuple(same)) for _, same in groupby(single, _kind_of))
    strictest = [(each.single[0][0], each.refuses) for each in by_kind]
    limits: dict[str, int] = {
        rule.kind: rule.laxity for rule, _ in strictest if rule.kind in _PLAIN_LIMITS
    }
    return Sieve(
        by_kind=by_kind,
        others=tuple(refuses for rule, refuses in strictest if rule.kind not in limits),
        **limits,
    )


def _kind_of(one: tuple[Filter, Refuses]) -> FilterKind:
    return one[0].kind


def _merged(same: tuple[tuple[Filter, Refuses], ...]) -> MergedFilters:
    """Merge filters of one kind; the strictest stands first."""
    strictest, refuses = same[0]
    lists = {rule.names for rule, _ in same}
    match KINDS[strictest.kind]:
        case NamesKind(refuses_any=refuses_any) if len(lists) > 1:
            return MergedFilters(refuses=refuses_any(lists), single=same)
        case _:
            return MergedFilters(refuses=refuses, single=same)
