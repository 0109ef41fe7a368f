"""Who may spend what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.credit import OFFERED, may_spend
from failure_modes.errors import BrokenInvariantError
from failure_modes.vocabulary import CreditPolicy, Micros, Reason
from tests.unit.failure_modes.builders import user

balances = st.integers(-10_000_000, 10_000_000)
costs = st.integers(0, 10_000_000).map(Micros)
policies = st.sampled_from(sorted(OFFERED))


@pytest.mark.parametrize(
    ("balance_micros", "cost", "policy", "allowed", "reason"),
    [
        (100, 100, CreditPolicy.REPLICA_BALANCE, True, Reason.ENOUGH_CREDIT),
        (100, 101, CreditPolicy.REPLICA_BALANCE, False, Reason.NOT_ENOUGH_CREDIT),
        (-50, 1, CreditPolicy.REPLICA_BALANCE, False, Reason.NOT_ENOUGH_CREDIT),
        (-50, 0, CreditPolicy.REPLICA_BALANCE, True, Reason.ENOUGH_CREDIT),
        (100, 101, CreditPolicy.ALLOW_OVERDRAFT, True, Reason.OVERDRAFT_ALLOWED),
        (100, 100, CreditPolicy.ALLOW_OVERDRAFT, True, Reason.ENOUGH_CREDIT),
    ],
)
def test_a_restricted_user_spends_what_the_policy_allows(
    balance_micros: int, cost: int, policy: CreditPolicy, allowed: bool, reason: Reason
) -> None:
    verdict = may_spend(user(balance_micros), Micros(cost), policy)

    assert (verdict.allowed, verdict.reason) == (allowed, reason)


@given(balance_micros=balances, cost=costs, policy=policies)
def test_law_an_unrestricted_user_is_never_refused(
    balance_micros: int, cost: Micros, policy: CreditPolicy
) -> None:
    verdict = may_spend(user(balance_micros, restricted=False), cost, policy)

    assert (verdict.allowed, verdict.reason) == (True, Reason.UNRESTRICTED_USER)


@given(
    balance_micros=balances,
    more=st.integers(0, 10_000_000),
    cost=costs,
    policy=policies,
    restricted=st.booleans(),
)
def test_law_more_credit_never_turns_a_yes_into_a_no(
    balance_micros: int, more: int, cost: Micros, policy: CreditPolicy, restricted: bool
) -> None:
    poorer = may_spend(user(balance_micros, restricted=restricted), cost, policy)
    richer = may_spend(user(balance_micros + more, restricted=restricted), cost, policy)

    assert poorer.allowed <= richer.allowed


@given(balance_micros=balances, cost=costs, less=st.integers(0, 10_000_000), policy=policies)
def test_law_a_lower_cost_never_turns_a_yes_into_a_no(
    balance_micros: int, cost: Micros, less: int, policy: CreditPolicy
) -> None:
    dearer = may_spend(user(balance_micros), cost, policy)
    cheaper = may_spend(user(balance_micros), Micros(max(cost - less, 0)), policy)

    assert dearer.allowed <= cheaper.allowed


@pytest.mark.parametrize("policy", sorted(set(CreditPolicy) - OFFERED))
def test_a_policy_that_is_not_offered_decides_nothing(policy: CreditPolicy) -> None:
    with pytest.raises(BrokenInvariantError, match=policy):
        may_spend(user(), Micros(1), policy)
