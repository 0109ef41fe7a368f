"""Layers of rules become one policy, or one error with everything that is wrong."""

import pytest

from failure_modes.errors import PolicyError
from failure_modes.policy import RULES, Policy, resolve
from failure_modes.vocabulary import CreditPolicy, Layer, UncountedDocument


def test_no_layers_give_the_built_in_policy() -> None:
    policy = resolve({})

    assert policy == Policy()
    assert {policy.layer_of(name) for name in RULES} == {Layer.BUILT_IN}


def test_each_stronger_layer_overrides_the_weaker_ones() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.PRINTER: {"copies_max": 4},
        Layer.SITE: {"copies_max": 3, "pages_max": 30},
        Layer.GLOBAL: {"copies_max": 2, "pages_max": 20, "uncounted_pages": 5},
    }

    policy = resolve(layers)

    assert (policy.copies_max, policy.pages_max, policy.uncounted_pages) == (4, 30, 5)


def test_the_policy_remembers_who_set_each_field() -> None:
    policy = resolve({Layer.SITE: {"credit": "allow_overdraft"}, Layer.PRINTER: {"pages_max": 9}})

    assert policy.layer_of("credit") is Layer.SITE
    assert policy.layer_of("pages_max") is Layer.PRINTER
    assert policy.layer_of("copies_max") is Layer.BUILT_IN


def test_names_as_read_from_a_file_become_the_names_of_the_vocabulary() -> None:
    policy = resolve(
        {Layer.GLOBAL: {"credit": "allow_overdraft", "uncounted_document": "charge_fixed"}}
    )

    assert policy.credit is CreditPolicy.ALLOW_OVERDRAFT
    assert policy.uncounted_document is UncountedDocument.CHARGE_FIXED


@pytest.mark.parametrize("name", ["strict", "offline_ceiling"])
def test_a_credit_policy_for_later_is_refused_with_the_ones_that_exist(name: str) -> None:
    with pytest.raises(PolicyError) as caught:
        resolve({Layer.SITE: {"credit": name}})

    (problem,) = caught.value.problems
    assert problem == (
        f"site.credit: '{name}' is not offered yet; choose one of: replica_balance, allow_overdraft"
    )


def test_a_policy_built_by_hand_keeps_the_same_bounds() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(credit=CreditPolicy.STRICT, pages_max=0)

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "credit",
        "pages_max",
    ]


@pytest.mark.parametrize("value", ["cheap", 7, None, ["replica_balance"]])
def test_an_unknown_choice_is_refused_with_the_known_ones(value: object) -> None:
    with pytest.raises(PolicyError, match="choose one of: replica_balance, allow_overdraft"):
        resolve({Layer.GLOBAL: {"credit": value}})


@pytest.mark.parametrize("value", [0, 10_000, "3", 3.0, True, None])
def test_a_number_out_of_bounds_is_refused_with_its_unit_and_range(value: object) -> None:
    with pytest.raises(PolicyError, match="whole number of copies from 1 to 9999"):
        resolve({Layer.GLOBAL: {"copies_max": value}})


def test_an_unknown_field_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PolicyError, match=r"site\.quota: there is no such field; known are: "):
        resolve({Layer.SITE: {"quota": 1}})


def test_all_problems_of_all_layers_come_at_once_even_overridden_ones() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.GLOBAL: {"pages_max": -1, "credit": "cheap"},
        Layer.SITE: {"pages_max": 100},
        Layer.PRINTER: {"colour": True},
    }

    with pytest.raises(PolicyError) as caught:
        resolve(layers)

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "global.pages_max",
        "global.credit",
        "printer.colour",
    ]
