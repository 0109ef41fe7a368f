"""Layers of rules become one policy, or one error with everything that is wrong."""

import pytest

from failure_modes.errors import PolicyError
from failure_modes.policy import FIELDS, Policy, resolve
from failure_modes.rule_vocabulary import ConversionKind, FilterKind
from failure_modes.vocabulary import CreditPolicy, Layer, UncountedDocument


def test_no_layers_give_the_built_in_policy() -> None:
    policy = resolve({})

    assert policy == Policy()
    assert {policy.layer_of(name) for name in FIELDS} == {Layer.BUILT_IN}


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


@pytest.mark.parametrize("name", CreditPolicy)
def test_every_credit_policy_can_be_chosen(name: CreditPolicy) -> None:
    assert resolve({Layer.SITE: {"credit": str(name)}}).credit is name


def test_a_policy_built_by_hand_keeps_the_same_bounds() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(copies_max=-1, pages_max=0)

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "pages_max",
        "copies_max",
    ]


@pytest.mark.parametrize("value", ["cheap", 7, None, ["replica_balance"]])
def test_an_unknown_choice_is_refused_with_the_known_ones(value: object) -> None:
    with pytest.raises(PolicyError, match="choose one of: strict, replica_balance"):
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


def test_the_version_of_a_policy_is_that_of_its_newest_layer() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.GLOBAL: {"version": 12},
        Layer.SITE: {"version": 7},
    }

    assert resolve(layers).version == 12
    assert resolve({}).version == 0


def test_filters_and_conversions_of_all_layers_hold_together() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.GLOBAL: {
            "filters": [{"kind": "pages_max", "limit": 50}],
            "conversions": [{"kind": "force_mono"}],
        },
        Layer.PRINTER: {
            "filters": [{"kind": "copies_max", "limit": 5}],
            "conversions": [{"kind": "force_duplex"}],
        },
    }

    policy = resolve(layers)

    assert {(rule.kind, rule.layer) for rule in policy.filters.rules} == {
        (FilterKind.PAGES_MAX, Layer.GLOBAL),
        (FilterKind.COPIES_MAX, Layer.PRINTER),
    }
    assert [rule.kind for rule in policy.conversions.rules] == [
        ConversionKind.FORCE_DUPLEX,
        ConversionKind.FORCE_MONO,
    ]


STEPS: list[object] = [
    {"after_ms": 3_000, "rules": {"credit": "strict"}},
    {"after_ms": 0, "rules": {"copies_max": 5, "filters": [{"kind": "mono_only"}]}},
]


def test_steps_are_laid_over_each_other_in_the_order_of_time() -> None:
    policy = resolve(
        {
            Layer.GLOBAL: {"filters": [{"kind": "pages_max", "limit": 50}]},
            Layer.SITE: {"escalation": STEPS, "pages_max": 70},
        }
    )

    first, second = (stage.policy for stage in policy.escalation)
    assert [stage.after_ms for stage in policy.escalation] == [0, 3_000]
    assert (first.copies_max, first.pages_max, first.credit) == (5, 70, policy.credit)
    assert (second.copies_max, second.credit) == (5, CreditPolicy.STRICT)
    assert len(second.filters.rules) == 2
    assert second.layer_of("credit") is Layer.SITE
    assert (policy.copies_max, policy.layer_of("credit")) == (999, Layer.BUILT_IN)


@pytest.mark.parametrize(
    ("outage_ms", "copies_max", "credit"),
    [
        (0, 5, CreditPolicy.REPLICA_BALANCE),
        (2_999, 5, CreditPolicy.REPLICA_BALANCE),
        (3_000, 5, CreditPolicy.STRICT),
        (10**12, 5, CreditPolicy.STRICT),
    ],
)
def test_the_longest_outage_that_has_been_reached_decides(
    outage_ms: int, copies_max: int, credit: CreditPolicy
) -> None:
    policy = resolve({Layer.SITE: {"escalation": STEPS}}).after(outage_ms)

    assert (policy.copies_max, policy.credit) == (copies_max, credit)


def test_before_the_first_step_the_policy_is_its_own() -> None:
    policy = resolve({Layer.SITE: {"escalation": STEPS[:1]}})

    assert policy.after(2_999) is policy


def test_the_steps_of_a_stronger_layer_replace_those_of_a_weaker_one() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.GLOBAL: {"escalation": STEPS},
        Layer.SITE: {"escalation": []},
    }

    assert resolve(layers).escalation == ()
