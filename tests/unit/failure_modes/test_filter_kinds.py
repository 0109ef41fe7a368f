"""What each kind of filter refuses, by example; every kind has one pair at least."""

import pytest

from failure_modes.facts import JobFacts, ReleaseFacts
from failure_modes.filter_kinds import KINDS
from failure_modes.filters import Filter, filter_set, first_refusal
from failure_modes.pricing import PageCount
from failure_modes.rule_vocabulary import FilterKind
from failure_modes.vocabulary import Reason, Sides
from tests.unit.failure_modes.rule_builders import A3, A4, billed, member

MONO = PageCount(mono=2, colour=0)
COLOUR = PageCount(mono=1, colour=1)
SINGLE = PageCount(mono=1, colour=0)
NOTHING = PageCount(mono=0, colour=0)
LONG_EDGE, SHORT_EDGE = Sides.TWO_SIDED_LONG_EDGE, Sides.TWO_SIDED_SHORT_EDGE

STAFF = frozenset({"staff"})
ONLY_A4 = frozenset({A4})
PDF = frozenset({"application/pdf"})
EXE = frozenset({"*.exe"})


def lets_pass(rule: Filter, job: JobFacts, *groups: str) -> bool:
    return first_refusal(filter_set([rule]), job, member(*groups)) is None


def test_every_kind_has_a_meaning_and_a_reason_of_its_own() -> None:
    assert set(KINDS) == set(FilterKind)
    assert len({kind.reason for kind in KINDS.values()}) == len(FilterKind)


@pytest.mark.parametrize(
    ("groups", "passes"), [(("staff",), True), (("guests", "staff"), True), (("guests",), False)]
)
def test_group_lets_members_of_one_of_its_groups_pass(
    groups: tuple[str, ...], passes: bool
) -> None:
    rule = Filter(kind=FilterKind.GROUP, names=STAFF)

    assert lets_pass(rule, billed(ReleaseFacts(pages=MONO)), *groups) is passes


@pytest.mark.parametrize(
    ("pages", "groups", "passes"),
    [(COLOUR, ("staff",), True), (COLOUR, (), False), (MONO, (), True)],
)
def test_colour_group_is_asked_for_colour_only(
    pages: PageCount, groups: tuple[str, ...], passes: bool
) -> None:
    rule = Filter(kind=FilterKind.COLOUR_GROUP, names=STAFF)

    assert lets_pass(rule, billed(ReleaseFacts(pages=pages)), *groups) is passes


def test_a_colour_document_printed_in_black_is_not_colour() -> None:
    in_black = billed(ReleaseFacts(pages=COLOUR, force_mono=True))

    assert lets_pass(Filter(kind=FilterKind.MONO_ONLY), in_black)


@pytest.mark.parametrize(
    ("kind", "job", "passes"),
    [
        (FilterKind.MONO_ONLY, ReleaseFacts(pages=MONO), True),
        (FilterKind.MONO_ONLY, ReleaseFacts(pages=COLOUR), False),
        (FilterKind.COLOUR_ONLY, ReleaseFacts(pages=COLOUR), True),
        (FilterKind.COLOUR_ONLY, ReleaseFacts(pages=MONO), False),
        (FilterKind.COLOUR_ONLY, ReleaseFacts(pages=NOTHING), True),
        (FilterKind.SIMPLEX_ONLY, ReleaseFacts(pages=MONO), True),
        (FilterKind.SIMPLEX_ONLY, ReleaseFacts(pages=MONO, sides=LONG_EDGE), False),
        (FilterKind.SIMPLEX_ONLY, ReleaseFacts(pages=MONO, sides=SHORT_EDGE), False),
        (FilterKind.SIMPLEX_ONLY, ReleaseFacts(pages=SINGLE, sides=LONG_EDGE), True),
        (FilterKind.DUPLEX_ONLY, ReleaseFacts(pages=MONO), False),
        (FilterKind.DUPLEX_ONLY, ReleaseFacts(pages=MONO, sides=SHORT_EDGE), True),
        (FilterKind.DUPLEX_ONLY, ReleaseFacts(pages=SINGLE), True),
        (FilterKind.DUPLEX_ONLY, ReleaseFacts(pages=SINGLE, copies=9), True),
    ],
)
def test_colour_and_sides(kind: FilterKind, job: ReleaseFacts, passes: bool) -> None:
    assert lets_pass(Filter(kind=kind), billed(job)) is passes


@pytest.mark.parametrize(
    ("kind", "names", "job", "passes"),
    [
        (FilterKind.PAPER_SIZE, ONLY_A4, ReleaseFacts(pages=MONO, paper_size=A4), True),
        (FilterKind.PAPER_SIZE, ONLY_A4, ReleaseFacts(pages=MONO, paper_size=A3), False),
        (FilterKind.PAPER_SIZE, ONLY_A4, ReleaseFacts(pages=MONO), True),
        (
            FilterKind.DOCUMENT_TYPE,
            PDF,
            ReleaseFacts(pages=MONO, document_format="application/PDF"),
            False,
        ),
        (
            FilterKind.DOCUMENT_TYPE,
            PDF,
            ReleaseFacts(pages=MONO, document_format="text/plain"),
            True,
        ),
        (FilterKind.DOCUMENT_TYPE, PDF, ReleaseFacts(pages=MONO), True),
        (FilterKind.DOCUMENT_NAME, EXE, ReleaseFacts(pages=MONO, document_name="a.EXE"), False),
        (FilterKind.DOCUMENT_NAME, EXE, ReleaseFacts(pages=MONO, document_name="a.pdf"), True),
    ],
)
def test_names(kind: FilterKind, names: frozenset[str], job: ReleaseFacts, passes: bool) -> None:
    assert lets_pass(Filter(kind=kind, names=names), billed(job)) is passes


@pytest.mark.parametrize(
    ("kind", "at_limit", "beyond"),
    [
        (
            FilterKind.SPOOL_BYTES_MAX,
            billed(ReleaseFacts(pages=MONO, spool_bytes=6)),
            billed(ReleaseFacts(pages=MONO, spool_bytes=7)),
        ),
        (
            FilterKind.COPIES_MAX,
            billed(ReleaseFacts(pages=MONO, copies=6)),
            billed(ReleaseFacts(pages=MONO, copies=7)),
        ),
        (
            FilterKind.PAGES_MAX,
            billed(ReleaseFacts(pages=MONO, copies=3)),
            billed(ReleaseFacts(pages=MONO, copies=4)),
        ),
        (
            FilterKind.COST_MAX,
            billed(ReleaseFacts(pages=MONO), 6),
            billed(ReleaseFacts(pages=MONO), 7),
        ),
        (
            FilterKind.DUPLICATE,
            billed(ReleaseFacts(pages=MONO, duplicate_age_ms=6)),
            billed(ReleaseFacts(pages=MONO, duplicate_age_ms=5)),
        ),
    ],
)
def test_a_limit_lets_pass_what_just_keeps_it(
    kind: FilterKind, at_limit: JobFacts, beyond: JobFacts
) -> None:
    rule = Filter(kind=kind, limit=6)

    assert lets_pass(rule, at_limit)
    verdict = first_refusal(filter_set([rule]), beyond, member())
    assert verdict
    assert (verdict.limit, verdict.reason) == (6, KINDS[kind].reason)


def test_a_document_that_was_never_printed_before_is_no_duplicate() -> None:
    rule = Filter(kind=FilterKind.DUPLICATE, limit=6)

    assert lets_pass(rule, billed(ReleaseFacts(pages=MONO)))
    assert rule.reason is Reason.DUPLICATE_JOB
