"""Laws that hold for any decision under any policy."""

from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.errors import PolicyError
from failure_modes.facts import AccountView, UserView, View
from failure_modes.policy import FIELDS, Policy, resolve, value_problems
from failure_modes.policy_fields import Choice, Flag, Name, PaperSize, Range
from failure_modes.vocabulary import Action, Layer, LinkState, Micros, ProviderMode
from tests.unit.failure_modes.builders import printer
from tests.unit.failure_modes.policies import World, without_escalation, worlds

PayerT = TypeVar("PayerT", UserView, AccountView)

gifts = st.tuples(*[st.integers(0, 3_000_000)] * 3)


def with_gift(payer: PayerT, gift: tuple[int, ...]) -> PayerT:
    return replace(
        payer,
        balance_micros=Micros(payer.balance_micros + gift[0]),
        allowance_micros=Micros(payer.allowance_micros + gift[1]),
        offline_spent_micros=Micros(payer.offline_spent_micros - gift[2]),
    )


def richer(seen: View, gift: tuple[int, ...]) -> View:
    return replace(
        seen,
        user=seen.user and with_gift(seen.user, gift),
        accounts={name: with_gift(account, gift) for name, account in seen.accounts.items()},
    )


@given(world=worlds, gift=gifts)
def test_law_more_credit_never_turns_allow_into_deny(world: World, gift: tuple[int, ...]) -> None:
    rich = replace(world, view=richer(world.view, gift))

    assert world.answer().allowed <= rich.answer().allowed


@given(world=without_escalation)
def test_law_a_pin_that_is_asked_for_never_lets_more_people_in(world: World) -> None:
    strict = replace(world, raw={**world.raw, "pin_needed": True})
    lax = replace(world, raw={**world.raw, "pin_needed": False})

    assert strict.answer().allowed <= lax.answer().allowed


@given(world=without_escalation)
def test_law_strict_offline_never_grants_more_than_online(world: World) -> None:
    strict = replace(world, raw={**world.raw, "credit": "strict"})

    cut = strict.answer()

    if cut.reservations:
        online = replace(strict, link=LinkState.ONLINE).answer()
        assert online.reservations == cut.reservations


@given(data=st.data(), world=worlds)
def test_law_a_decision_never_depends_on_the_order_of_equal_rules(
    data: st.DataObject, world: World
) -> None:
    def shuffled(value: Any) -> Any:  # noqa: ANN401 - any piece of JSON
        if isinstance(value, dict):
            names = data.draw(st.permutations(list(value)))
            return {name: shuffled(value[name]) for name in names}
        if isinstance(value, list):
            return [shuffled(each) for each in data.draw(st.permutations(value))]
        return value

    other = replace(
        world,
        raw=shuffled(world.raw),
        escalation=shuffled(world.escalation),
        office=shuffled(world.office),
    )

    assert world.policy == other.policy
    assert world.answer() == other.answer()


@given(world=worlds, has_replica=st.booleans(), mode=st.sampled_from(ProviderMode))
def test_law_every_policy_that_is_accepted_can_be_decided(
    world: World, has_replica: bool, mode: ProviderMode
) -> None:
    view = replace(world.view, has_replica=has_replica, printer=printer(mode))

    decision = replace(world, view=view).answer()

    assert decision == replace(world, view=view).answer()
    assert all(isinstance(step.detail, str) for step in decision.trace)
    assert decision.cost_micros == sum(line.amount_micros for line in decision.lines) >= 0
    assert not (decision.charge_to and decision.charge_account)
    assert bool(decision.reservations) <= (decision.action is Action.ALLOW)
    assert all(each.amount_micros == decision.cost_micros for each in decision.reservations)


# What is refused when a policy is read

SCALAR_KINDS = Choice | Flag | Range | Name | PaperSize
SCALARS = [name for name, field in FIELDS.items() if isinstance(field, SCALAR_KINDS)]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-2, 1_100),
    st.text(max_size=3),
    st.sampled_from(["strict", "deny", "cancel", "shared"]),
    st.lists(st.integers(), max_size=2),
)
keys = st.sampled_from(
    ["kind", "limit", "names", "groups", "scope", "days", "from", "to", "after_ms", "rules"]
)
shapes = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.parametrize("name", SCALARS)
@given(value=values)
def test_law_a_value_is_refused_exactly_when_no_policy_can_hold_it(
    name: str, value: object
) -> None:
    try:
        resolve({Layer.SITE: {name: value}})
    except PolicyError:
        assert value_problems(name, value)
        with pytest.raises(PolicyError):
            Policy(**{name: value})  # type: ignore[arg-type]
    else:
        assert not value_problems(name, value)


@pytest.mark.parametrize("name", sorted(set(FIELDS) - set(SCALARS)))
@given(value=shapes)
def test_law_no_shape_of_a_list_breaks_the_check_or_what_is_read_after_it(
    name: str, value: object
) -> None:
    if not value_problems(name, value):
        assert resolve({Layer.SITE: {name: value}}).layer_of(name) is Layer.SITE
