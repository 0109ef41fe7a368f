import pytest

from failure_modes.vocabulary import Layer
from primary.policy_names import Kind, name_problems
from primary.policy_rules import LayerRules

THERE = {("account", "Offline Account"), ("group", "bosses")}


def problems_of(rules: dict[str, object]) -> list[str]:
    def exists(kind: Kind, name: str) -> bool:
        return (kind, name) in THERE

    return list(name_problems(LayerRules(layer=Layer.SITE, scope="oslo", rules=rules), exists))


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"offline_account_name": "Offline Account", "manager_group": "bosses"},
        {"manager_group": 7, "escalation": 7},
        {"escalation": [7, {"rules": 7}, {}]},
    ],
)
def test_what_is_there_or_wrong_in_itself_is_no_problem_here(rules: dict[str, object]) -> None:
    assert problems_of(rules) == []


def test_every_name_of_something_missing_is_told_also_that_of_a_step() -> None:
    step = {"after_ms": 1, "rules": {"offline_account_name": "Late"}}

    assert problems_of({"manager_group": "managers", "escalation": [step]}) == [
        "site oslo: manager_group: there is no group 'managers'; make it first or correct the name",
        (
            "site oslo: escalation: 0: offline_account_name: there is no account 'Late'; "
            "make it first or correct the name"
        ),
    ]
