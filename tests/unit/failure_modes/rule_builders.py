"""Small makers of jobs and rules for the tests of filters and conversions."""

from hypothesis import strategies as st

from failure_modes.facts import JobFacts, ReleaseFacts, UserView
from failure_modes.filters import Filter
from failure_modes.pricing import PageCount
from failure_modes.rule_vocabulary import FilterKind, RuleScope
from failure_modes.vocabulary import Layer, Micros, Sides

A4 = "iso_a4_210x297mm"
A3 = "iso_a3_297x420mm"

PLAIN = (
    FilterKind.MONO_ONLY,
    FilterKind.COLOUR_ONLY,
    FilterKind.SIMPLEX_ONLY,
    FilterKind.DUPLEX_ONLY,
)
WITH_LIMIT = (
    FilterKind.SPOOL_BYTES_MAX,
    FilterKind.COPIES_MAX,
    FilterKind.PAGES_MAX,
    FilterKind.COST_MAX,
    FilterKind.DUPLICATE,
)
WITH_NAMES = (
    FilterKind.GROUP,
    FilterKind.COLOUR_GROUP,
    FilterKind.PAPER_SIZE,
    FilterKind.DOCUMENT_TYPE,
    FilterKind.DOCUMENT_NAME,
)


def member(*groups: str, restricted: bool = True) -> UserView:
    return UserView(
        user_name="ada",
        enabled=True,
        restricted=restricted,
        balance_micros=Micros(0),
        groups=frozenset(groups),
    )


def billed(job: ReleaseFacts, cost_micros: int = 0) -> JobFacts:
    pages = job.pages or PageCount(mono=0, colour=0)
    return JobFacts(
        job=job,
        impressions=pages.total * job.copies,
        colour_impressions=0 if job.force_mono else pages.colour * job.copies,
        cost_micros=Micros(cost_micros),
    )


few = st.integers(0, 6)
words = st.sampled_from(["a", "b", "c"])
scopes = st.sampled_from(RuleScope)
layers = st.sampled_from(Layer)
name_sets = st.frozensets(words, min_size=1)

filters = st.one_of(
    st.builds(Filter, kind=st.sampled_from(PLAIN), scope=scopes, layer=layers),
    st.builds(Filter, kind=st.sampled_from(WITH_LIMIT), limit=few, scope=scopes, layer=layers),
    st.builds(
        Filter, kind=st.sampled_from(WITH_NAMES), names=name_sets, scope=scopes, layer=layers
    ),
)


def filters_of(kind: FilterKind) -> st.SearchStrategy[list[Filter]]:
    return st.lists(
        st.builds(
            Filter,
            kind=st.just(kind),
            limit=few if kind in WITH_LIMIT else st.none(),
            names=name_sets if kind in WITH_NAMES else st.just(frozenset()),
            scope=scopes,
            layer=layers,
        ),
        min_size=2,
        max_size=4,
    )


filter_lists = st.lists(filters, max_size=8) | st.sampled_from(FilterKind).flatmap(filters_of)
users = st.builds(
    UserView,
    user_name=st.just("ada"),
    enabled=st.just(True),
    restricted=st.booleans(),
    balance_micros=st.just(Micros(0)),
    groups=st.frozensets(words),
)
releases = st.builds(
    ReleaseFacts,
    pages=st.none() | st.builds(PageCount, mono=few, colour=few),
    copies=st.integers(1, 3),
    sides=st.sampled_from(Sides),
    force_mono=st.booleans(),
    document_name=st.just("") | words,
    document_format=st.just("") | words,
    spool_bytes=few,
    paper_size=st.just("") | words,
    duplicate_age_ms=st.none() | few,
)
jobs = st.builds(billed, releases, few)
