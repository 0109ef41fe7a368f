"""Who may spend what."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.credit import may_spend
from failure_modes.facts import UserView
from failure_modes.vocabulary import CreditPolicy, Micros, Reason
from tests.unit.failure_modes.builders import user

balances = st.integers(-10_000_000, 10_000_000)
costs = st.integers(0, 10_000_000).map(Micros)
policies = st.sampled_from(CreditPolicy)
ceilings = st.none() | st.integers(0, 10_000_000).map(Micros)


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


def payer(balance: int, allowance: int = 0, spent: int = 0) -> UserView:
    return replace(
        user(balance), allowance_micros=Micros(allowance), offline_spent_micros=Micros(spent)
    )


@pytest.mark.parametrize(
    ("allowance", "cost", "reason"),
    [
        (100, 100, Reason.ENOUGH_CREDIT),
        (100, 101, Reason.ALLOWANCE_SPENT),
        (-1, 0, Reason.ENOUGH_CREDIT),
        (0, 1, Reason.ALLOWANCE_SPENT),
    ],
)
@pytest.mark.parametrize("ceiling_micros", [None, Micros(0), Micros(1_000)])
def test_strict_spends_the_allowance_whatever_the_balance_and_the_link(
    allowance: int, cost: int, reason: Reason, ceiling_micros: Micros | None
) -> None:
    for balance in (-10, 0, 10_000):
        verdict = may_spend(
            payer(balance, allowance),
            Micros(cost),
            CreditPolicy.STRICT,
            ceiling_micros=ceiling_micros,
        )
        assert verdict.reason is reason


@pytest.mark.parametrize(
    ("balance", "spent", "ceiling_micros", "cost", "reason"),
    [
        (100, 0, None, 100, Reason.ENOUGH_CREDIT),
        (100, 90, None, 100, Reason.ENOUGH_CREDIT),
        (100, 0, 50, 50, Reason.ENOUGH_CREDIT),
        (100, 0, 50, 51, Reason.CEILING_REACHED),
        (100, 20, 50, 31, Reason.CEILING_REACHED),
        (100, 60, 50, 0, Reason.ENOUGH_CREDIT),
        (10, 0, 50, 11, Reason.NOT_ENOUGH_CREDIT),
    ],
)
def test_an_offline_ceiling_bounds_what_one_outage_can_cost(
    balance: int, spent: int, ceiling_micros: int | None, cost: int, reason: Reason
) -> None:
    ceiling = None if ceiling_micros is None else Micros(ceiling_micros)

    verdict = may_spend(
        payer(balance, spent=spent),
        Micros(cost),
        CreditPolicy.OFFLINE_CEILING,
        ceiling_micros=ceiling,
    )

    assert verdict.reason is reason


@given(
    money=st.tuples(balances, balances, balances),
    more=st.tuples(costs, costs, costs),
    cost=costs,
    policy=policies,
    ceiling_micros=ceilings,
)
def test_law_more_credit_never_turns_a_yes_into_a_no(
    money: tuple[int, int, int],
    more: tuple[int, int, int],
    cost: Micros,
    policy: CreditPolicy,
    ceiling_micros: Micros | None,
) -> None:
    balance, allowance, spent = money
    poorer, richer = (
        payer(balance, allowance, spent),
        payer(balance + more[0], allowance + more[1], spent - more[2]),
    )

    assert (
        may_spend(poorer, cost, policy, ceiling_micros=ceiling_micros).allowed
        <= may_spend(richer, cost, policy, ceiling_micros=ceiling_micros).allowed
    )


@given(money=st.tuples(balances, balances, balances), cost=costs, ceiling_micros=costs)
def test_law_a_cut_never_grants_more_than_a_link(
    money: tuple[int, int, int], cost: Micros, ceiling_micros: Micros
) -> None:
    for policy in CreditPolicy:
        online = may_spend(payer(*money), cost, policy)
        offline = may_spend(payer(*money), cost, policy, ceiling_micros=ceiling_micros)
        assert offline.allowed <= online.allowed


@given(
    money=st.tuples(balances, balances, balances),
    cost=costs,
    less=costs,
    policy=policies,
    ceiling_micros=ceilings,
)
def test_law_a_lower_cost_never_turns_a_yes_into_a_no(
    money: tuple[int, int, int],
    cost: Micros,
    less: Micros,
    policy: CreditPolicy,
    ceiling_micros: Micros | None,
) -> None:
    lower = Micros(max(cost - less, 0))

    assert (
        may_spend(payer(*money), cost, policy, ceiling_micros=ceiling_micros).allowed
        <= may_spend(payer(*money), lower, policy, ceiling_micros=ceiling_micros).allowed
    )


@given(money=st.tuples(balances, balances, balances), policy=policies, ceiling_micros=ceilings)
def test_law_what_is_free_is_never_refused(
    money: tuple[int, int, int], policy: CreditPolicy, ceiling_micros: Micros | None
) -> None:
    assert may_spend(payer(*money), Micros(0), policy, ceiling_micros=ceiling_micros).allowed
