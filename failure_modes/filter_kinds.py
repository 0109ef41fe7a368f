"""What each kind of filter takes and what it refuses.

A kind with names is an allow-list (group, colour group, paper size) or a deny-list (document type
and name). What a job does not tell, its paper size or its type, is never refused: both are
optional in IPP, and a driver that leaves them out would otherwise print nothing at all.

A page alone on its sheet has no back, so neither `simplex_only` nor `duplex_only` refuses it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from failure_modes.facts import JobFacts, UserView
from failure_modes.name_patterns import name_patterns
from failure_modes.rule_vocabulary import FilterKind
from failure_modes.vocabulary import Reason, Sides

ONE_SIDED: Final = Sides.ONE_SIDED
Names: TypeAlias = frozenset[str]
Refuses: TypeAlias = Callable[[JobFacts, UserView], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKind:
    """A filter that takes nothing."""

    reason: Reason
    refuses: Refuses


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitKind:
    """A filter with a whole number; of several, the strictest one decides."""

    reason: Reason
    low: int
    high: int
    unit: str
    refuses: Callable[[int], Refuses]
    more_is_stricter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesKind:
    """A filter with a list of names; `refuses_any` is what several of them refuse together."""

    reason: Reason
    refuses: Callable[[Names], Refuses]
    refuses_any: Callable[[Collection[Names]], Refuses]
    denies: bool = False
    """Whether the names are what is refused, else what alone is let pass."""
    lower_case: bool = False


Kind: TypeAlias = PlainKind | LimitKind | NamesKind


def _outside(groups: Names) -> Refuses:
    return lambda _job, user: groups.isdisjoint(user.groups)


def _outside_any(lists: Collection[Names]) -> Refuses:
    """Refuse whoever is not in a group of each list.

    A list that holds all of another one asks nothing more. Whoever is in a group of every list,
    which is how staff are usually written down, is let pass by one look. For the others each
    remaining list is a bit and each group the bits of its lists, so that the time grows with the
    groups of the user and not with the number of lists.
    """
    least = [one for one in lists if not any(other < one for other in lists)]
    in_all = frozenset.intersection(*least)
    bits: dict[str, int] = {}
    for place, groups in enumerate(least):
        for group in groups:
            bits[group] = bits.get(group, 0) | 1 << place
    known, every = frozenset(bits), (1 << len(least)) - 1

    def refuses(_job: JobFacts, user: UserView) -> bool:
        if not in_all.isdisjoint(user.groups):
            return False
        found = 0
        for group in known & user.groups:
            found |= bits[group]
        return found != every

    return refuses


def _in_colour(outside: Refuses) -> Refuses:
    return lambda job, user: job.colour_impressions > 0 and outside(job, user)


def _other_paper(sizes: Names) -> Refuses:
    return lambda job, _user: job.job.paper_size not in sizes and job.job.paper_size != ""


def _type_in(types: Names) -> Refuses:
    return lambda job, _user: job.job.document_format.lower() in types


def _name_like(patterns: Names) -> Refuses:
    match = name_patterns(patterns).match
    return lambda job, _user: match(job.job.document_name)


def _bigger(limit: int) -> Refuses:
    return lambda job, _user: job.job.spool_bytes > limit


def _more_copies(limit: int) -> Refuses:
    return lambda job, _user: job.job.copies > limit


def _more_pages(limit: int) -> Refuses:
    return lambda job, _user: job.impressions > limit


def _dearer(limit: int) -> Refuses:
    return lambda job, _user: job.cost_micros > limit


def _too_soon(limit: int) -> Refuses:
    def refuses(job: JobFacts, _user: UserView) -> bool:
        age_ms = job.job.duplicate_age_ms
        return age_ms is not None and age_ms < limit

    return refuses


def _has_colour(job: JobFacts, _user: UserView) -> bool:
    return job.colour_impressions > 0


def _has_no_colour(job: JobFacts, _user: UserView) -> bool:
    return job.colour_impressions == 0 and job.impressions > 0


def _uses_backs(job: JobFacts, _user: UserView) -> bool:
    return job.job.sides is not ONE_SIDED and job.impressions > job.job.copies


def _leaves_backs(job: JobFacts, _user: UserView) -> bool:
    return job.job.sides is ONE_SIDED and job.impressions > job.job.copies


KINDS: Final[Mapping[FilterKind, Kind]] = {
    FilterKind.GROUP: NamesKind(
        reason=Reason.GROUP_NEEDED, refuses=_outside, refuses_any=_outside_any
    ),
    FilterKind.COLOUR_GROUP: NamesKind(
        reason=Reason.COLOUR_GROUP_NEEDED,
        refuses=lambda groups: _in_colour(_outside(groups)),
        refuses_any=lambda lists: _in_colour(_outside_any(lists)),
    ),
    FilterKind.MONO_ONLY: PlainKind(reason=Reason.ONLY_MONO_HERE, refuses=_has_colour),
    FilterKind.COLOUR_ONLY: PlainKind(reason=Reason.ONLY_COLOUR_HERE, refuses=_has_no_colour),
    FilterKind.SIMPLEX_ONLY: PlainKind(reason=Reason.ONLY_SIMPLEX_HERE, refuses=_uses_backs),
    FilterKind.DUPLEX_ONLY: PlainKind(reason=Reason.ONLY_DUPLEX_HERE, refuses=_leaves_backs),
    FilterKind.PAPER_SIZE: NamesKind(
        reason=Reason.PAPER_SIZE_REFUSED,
        refuses=_other_paper,
        refuses_any=lambda lists: _other_paper(frozenset.intersection(*lists)),
        lower_case=True,
    ),
    FilterKind.DOCUMENT_TYPE: NamesKind(
        reason=Reason.DOCUMENT_TYPE_REFUSED,
        refuses=_type_in,
        refuses_any=lambda lists: _type_in(frozenset.union(*lists)),
        denies=True,
        lower_case=True,
    ),
    FilterKind.DOCUMENT_NAME: NamesKind(
        reason=Reason.DOCUMENT_NAME_REFUSED,
        refuses=_name_like,
        refuses_any=lambda lists: _name_like(frozenset.union(*lists)),
        denies=True,
    ),
    # A terabyte is more than any spool folder holds.
    FilterKind.SPOOL_BYTES_MAX: LimitKind(
        reason=Reason.DOCUMENT_TOO_BIG, low=1, high=1 << 40, unit="bytes", refuses=_bigger
    ),
    # The bounds of copies and pages are those of the policy's own limits.
    FilterKind.COPIES_MAX: LimitKind(
        reason=Reason.TOO_MANY_COPIES, low=1, high=9_999, unit="copies", refuses=_more_copies
    ),
    FilterKind.PAGES_MAX: LimitKind(
        reason=Reason.TOO_MANY_PAGES,
        low=1,
        high=1_000_000,
        unit="impressions",
        refuses=_more_pages,
    ),
    # A million units of money; 0 lets only free jobs pass.
    FilterKind.COST_MAX: LimitKind(
        reason=Reason.TOO_EXPENSIVE, low=0, high=10**12, unit="micros", refuses=_dearer
    ),
    # A day: after that nobody prints the same document by accident.
    FilterKind.DUPLICATE: LimitKind(
        reason=Reason.DUPLICATE_JOB,
        low=1,
        high=86_400_000,
        unit="milliseconds",
        refuses=_too_soon,
        more_is_stricter=True,
    ),
}
