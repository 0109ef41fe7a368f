"""Laws of validation: refused is exactly what could not be read and decided by.

Lists of rules are made nearly right: one that would do, with one thing in it replaced. What is let
pass is then really decided by, about every kind of question; what is refused makes no policy.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failure_modes.decide import decide
from failure_modes.errors import PolicyError
from failure_modes.facts import Facts, View
from failure_modes.policy import resolve, value_problems
from failure_modes.vocabulary import Layer, LinkState
from tests.unit.failure_modes.builders import NOW_MS
from tests.unit.failure_modes.policies import CONVERSIONS, FILTERS, HOURS, questions, views

STEPS: list[dict[str, object]] = [
    {"after_ms": 0, "rules": {"credit": "strict", "filters": FILTERS[:3]}},
    {"after_ms": 50, "rules": {"copies_max": 2, "opening_hours": HOURS}},
]
LISTS: dict[str, list[dict[str, object]]] = {
    "filters": FILTERS,
    "conversions": CONVERSIONS,
    "opening_hours": HOURS,
    "escalation": STEPS,
}
pieces = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 50),
    st.sampled_from([0.5, 10**13, "", "a", "mon", "12:00", "25:00", "all", "*", "a**b", "A4"]),
    st.lists(st.sampled_from(["a", "a", "mon", "*", ""]), max_size=3),
    st.dictionaries(st.sampled_from(["credit", "filters", "version"]), st.integers(0, 3)),
)


def nearly(rule: dict[str, object], key: str, piece: object) -> dict[str, object]:
    return {**rule, key: piece}


@pytest.mark.parametrize("name", LISTS)
@settings(deadline=None)
@given(data=st.data(), facts=questions, seen=views, link=st.sampled_from(LinkState))
def test_law_a_list_of_rules_is_let_pass_exactly_when_it_can_be_decided_by(
    name: str, data: st.DataObject, facts: Facts, seen: View, link: LinkState
) -> None:
    some: list[Any] = data.draw(
        st.lists(st.sampled_from(LISTS[name]), min_size=1, max_size=3, unique_by=str)
    )
    keys = [*some[0], "unheard_of"]
    some[0] = nearly(some[0], data.draw(st.sampled_from(keys)), data.draw(pieces))

    if value_problems(name, some):
        with pytest.raises(PolicyError):
            resolve({Layer.SITE: {name: some}})
    else:
        policy = resolve({Layer.SITE: {name: some}})
        assert decide(facts, seen, link, policy, NOW_MS).reasons


@pytest.mark.parametrize("name", LISTS)
@given(data=st.data())
def test_law_what_would_do_by_itself_is_never_refused(name: str, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(LISTS[name]), max_size=4, unique_by=str))

    assert value_problems(name, some) == []
