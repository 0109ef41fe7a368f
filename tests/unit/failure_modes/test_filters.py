"""How filters hold together: their order, their layers, their scopes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.errors import BrokenInvariantError
from failure_modes.facts import JobFacts, ReleaseFacts, UserView
from failure_modes.filters import NO_FILTERS, Filter, filter_set, first_refusal
from failure_modes.pricing import PageCount
from failure_modes.rule_vocabulary import FilterKind, RuleScope
from failure_modes.vocabulary import Layer, Reason
from tests.unit.failure_modes.rule_builders import (
    billed,
    filter_lists,
    filters,
    filters_of,
    jobs,
    member,
    users,
)

TWENTY = billed(ReleaseFacts(pages=PageCount(mono=15, colour=5)))


def pages_max(limit: int, layer: Layer, scope: RuleScope = RuleScope.ALL) -> Filter:
    return Filter(kind=FilterKind.PAGES_MAX, limit=limit, scope=scope, layer=layer)


def test_without_filters_everything_passes() -> None:
    assert first_refusal(NO_FILTERS, TWENTY, member()) is None
    assert filter_set([]) == NO_FILTERS


def test_the_strictest_of_several_limits_is_named_with_its_layer() -> None:
    some = filter_set([pages_max(19, Layer.GLOBAL), pages_max(8, Layer.SITE)])

    verdict = first_refusal(some, TWENTY, member())

    assert verdict
    assert (verdict.limit, verdict.rule.layer) == (8, Layer.SITE)
    assert verdict.reason is Reason.TOO_MANY_PAGES


def test_of_several_times_between_duplicates_the_longest_decides() -> None:
    some = filter_set(
        [
            Filter(kind=FilterKind.DUPLICATE, limit=60_000, layer=Layer.PRINTER),
            Filter(kind=FilterKind.DUPLICATE, limit=90_000, layer=Layer.GLOBAL),
        ]
    )
    again = billed(ReleaseFacts(pages=PageCount(mono=1, colour=0), duplicate_age_ms=70_000))

    verdict = first_refusal(some, again, member())

    assert verdict
    assert (verdict.limit, verdict.rule.layer) == (90_000, Layer.GLOBAL)


def test_of_equal_filters_the_one_nearest_to_the_printer_is_named() -> None:
    some = filter_set([pages_max(8, layer) for layer in (Layer.PRINTER, Layer.GLOBAL, Layer.SITE)])

    verdict = first_refusal(some, TWENTY, member())

    assert verdict
    assert verdict.rule.layer is Layer.PRINTER


def test_a_stronger_layer_cannot_loosen_a_filter() -> None:
    some = filter_set([pages_max(8, Layer.GLOBAL), pages_max(100, Layer.PRINTER)])

    verdict = first_refusal(some, TWENTY, member())

    assert verdict
    assert verdict.rule.layer is Layer.GLOBAL


def test_a_filter_for_restricted_users_says_nothing_about_the_others() -> None:
    some = filter_set([pages_max(8, Layer.SITE, RuleScope.RESTRICTED)])

    assert first_refusal(some, TWENTY, member(restricted=True))
    assert first_refusal(some, TWENTY, member(restricted=False)) is None


def test_an_unrestricted_user_is_never_refused_in_the_name_of_a_rule_for_others() -> None:
    some = filter_set(
        [pages_max(8, Layer.SITE, RuleScope.RESTRICTED), pages_max(9, Layer.GLOBAL, RuleScope.ALL)]
    )

    verdict = first_refusal(some, TWENTY, member(restricted=False))

    assert verdict
    assert verdict.limit == 9


def test_a_user_must_be_in_a_group_of_each_group_filter() -> None:
    some = filter_set(
        [
            Filter(kind=FilterKind.GROUP, names=frozenset({"staff", "guests"}), layer=Layer.GLOBAL),
            Filter(kind=FilterKind.GROUP, names=frozenset({"oslo"}), layer=Layer.SITE),
        ]
    )

    assert first_refusal(some, TWENTY, member("staff", "oslo")) is None
    assert first_refusal(some, TWENTY, member("staff"))
    assert first_refusal(some, TWENTY, member("oslo"))


@pytest.mark.parametrize(
    ("kind", "limit", "names"),
    [
        (FilterKind.PAGES_MAX, None, frozenset()),
        (FilterKind.PAGES_MAX, 1, frozenset({"a"})),
        (FilterKind.GROUP, None, frozenset()),
        (FilterKind.GROUP, 1, frozenset({"a"})),
        (FilterKind.MONO_ONLY, 1, frozenset()),
    ],
)
def test_a_filter_with_the_wrong_argument_is_a_defect_of_the_caller(
    kind: FilterKind, limit: int | None, names: frozenset[str]
) -> None:
    with pytest.raises(BrokenInvariantError, match=kind):
        Filter(kind=kind, limit=limit, names=names)


@given(some=filter_lists, shuffled=st.data(), job=jobs, user=users)
def test_law_the_order_of_filters_changes_neither_the_answer_nor_its_reason(
    some: list[Filter], shuffled: st.DataObject, job: JobFacts, user: UserView
) -> None:
    other = shuffled.draw(st.permutations(some))

    assert filter_set(some) == filter_set(other)
    assert first_refusal(filter_set(some), job, user) == first_refusal(filter_set(other), job, user)


@given(some=filter_lists, job=jobs, user=users)
def test_law_many_filters_refuse_exactly_what_one_of_them_refuses_alone(
    some: list[Filter], job: JobFacts, user: UserView
) -> None:
    alone = [verdict for rule in some if (verdict := first_refusal(filter_set([rule]), job, user))]

    together = first_refusal(filter_set(some), job, user)

    assert (together is not None) is bool(alone)
    if together:
        assert together in alone
        assert together.rule == min((one.rule for one in alone), key=lambda rule: rule.rank)


@pytest.mark.parametrize("kind", FilterKind)
@given(drawn=st.data(), job=jobs, user=users)
def test_law_merging_filters_of_one_kind_changes_nothing(
    kind: FilterKind, drawn: st.DataObject, job: JobFacts, user: UserView
) -> None:
    some = drawn.draw(filters_of(kind))

    alone = [first_refusal(filter_set([rule]), job, user) for rule in some]

    assert (first_refusal(filter_set(some), job, user) is None) is (not any(alone))


@given(some=filter_lists, one_more=filters, job=jobs, user=users)
def test_law_one_more_filter_never_turns_a_no_into_a_yes(
    some: list[Filter], one_more: Filter, job: JobFacts, user: UserView
) -> None:
    if first_refusal(filter_set(some), job, user):
        assert first_refusal(filter_set([*some, one_more]), job, user)


@given(
    some=filter_lists, job=jobs, user=users, more=st.frozensets(st.sampled_from(["a", "b", "c"]))
)
def test_law_more_groups_never_turn_a_yes_into_a_no(
    some: list[Filter], job: JobFacts, user: UserView, more: frozenset[str]
) -> None:
    trusted = member(*user.groups, *more, restricted=user.restricted)

    if first_refusal(filter_set(some), job, user) is None:
        assert first_refusal(filter_set(some), job, trusted) is None


@given(some=filter_lists, job=jobs, user=users)
def test_law_an_unrestricted_user_passes_wherever_a_restricted_one_does(
    some: list[Filter], job: JobFacts, user: UserView
) -> None:
    if first_refusal(filter_set(some), job, member(*user.groups, restricted=True)) is None:
        assert first_refusal(filter_set(some), job, member(*user.groups, restricted=False)) is None
