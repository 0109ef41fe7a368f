"""How much of a balance one site gets."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from failure_modes.allowance import (
    GrantFacts,
    free_micros,
    may_be_strict,
    more_micros,
    over_granted_micros,
)
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Layer, Micros

NOTHING = Micros(0)
AMOUNTS = st.integers(0, 10**9).map(Micros)
FACTS = st.builds(
    lambda balance, here, elsewhere, want, usual: GrantFacts(
        balance_micros=Micros(balance),
        granted_here_micros=here,
        granted_everywhere_micros=Micros(here + elsewhere),
        want_micros=want,
        usual_micros=usual,
    ),
    st.integers(-(10**9), 10**9),
    AMOUNTS,
    AMOUNTS,
    AMOUNTS,
    AMOUNTS,
)


def asked(
    balance: int, *, here: int = 0, elsewhere: int = 0, want: int = 0, usual: int = 0
) -> Micros:
    return more_micros(
        GrantFacts(
            balance_micros=Micros(balance),
            granted_here_micros=Micros(here),
            granted_everywhere_micros=Micros(here + elsewhere),
            want_micros=Micros(want),
            usual_micros=Micros(usual),
        )
    )


def after(facts: GrantFacts) -> GrantFacts:
    """The facts once what was asked for is granted."""
    more = more_micros(facts)
    return replace(
        facts,
        granted_here_micros=Micros(facts.granted_here_micros + more),
        granted_everywhere_micros=Micros(facts.granted_everywhere_micros + more),
    )


def test_somebody_new_at_a_site_gets_a_quarter() -> None:
    assert asked(1_000) == 250


def test_somebody_who_spends_much_there_gets_up_to_a_half() -> None:
    assert asked(1_000, usual=400) == 400
    assert asked(1_000, usual=900) == 500


def test_what_is_needed_is_given_first_and_whole() -> None:
    assert asked(1_000, want=800) == 850
    assert asked(1_000, want=1_000) == 1_000


def test_no_more_is_given_than_nobody_else_has() -> None:
    assert asked(1_000, elsewhere=700, want=800) == 300
    assert asked(1_000, elsewhere=1_000, want=800) == 0
    assert asked(-5, want=800) == 0


def test_a_stock_is_filled_up_only_once_less_than_half_of_it_is_left() -> None:
    assert asked(1_000, here=200, usual=400) == 0
    assert asked(1_000, here=199, usual=400) == 201


def test_what_the_directory_does_not_contain_yet_counts_as_used_up() -> None:
    assert asked(1_000, here=250, want=250) == 187


def test_what_is_granted_too_much_is_no_free_money() -> None:
    assert free_micros(100, 300) == 0
    assert over_granted_micros(100, 300) == 200
    assert over_granted_micros(-50, 300) == 300
    assert over_granted_micros(300, 300) == 0


@given(FACTS)
def test_grants_together_never_exceed_the_balance_by_an_ask(facts: GrantFacts) -> None:
    over = over_granted_micros(facts.balance_micros, facts.granted_everywhere_micros)
    granted = after(facts).granted_everywhere_micros
    assert more_micros(facts) >= 0
    assert granted <= max(facts.balance_micros, 0) + over


@given(FACTS)
def test_a_need_that_is_free_is_met(facts: GrantFacts) -> None:
    free = free_micros(facts.balance_micros, facts.granted_everywhere_micros)
    if facts.want_micros - facts.granted_here_micros <= free:
        assert after(facts).granted_here_micros >= facts.want_micros


@given(FACTS)
def test_asking_again_changes_nothing(facts: GrantFacts) -> None:
    assert more_micros(after(facts)) == 0


@given(FACTS)
def test_another_site_still_finds_half_of_what_was_not_needed(facts: GrantFacts) -> None:
    without_stock = replace(facts, usual_micros=NOTHING)
    free = free_micros(facts.balance_micros, facts.granted_everywhere_micros)
    short = min(max(facts.want_micros - facts.granted_here_micros, 0), free)
    for each in (facts, without_stock):
        assert more_micros(each) - short <= (free - short + 1) // 2


def test_allowances_matter_where_any_step_of_the_policy_is_strict() -> None:
    step = {"after_ms": 0, "rules": {"credit": "strict"}}
    assert not may_be_strict(Policy())
    assert may_be_strict(resolve({Layer.SITE: {"credit": "strict"}}))
    assert may_be_strict(resolve({Layer.GLOBAL: {"escalation": [step]}}))
