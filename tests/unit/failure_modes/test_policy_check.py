"""What is wrong with a policy as a whole."""

import pytest

from failure_modes.policy_check import problems
from failure_modes.vocabulary import Layer

HOUR_MS = 3_600_000


def found(**fields: object) -> list[str]:
    return problems({Layer.SITE: fields})


def step(after_ms: int, **rules: object) -> dict[str, object]:
    return {"after_ms": after_ms, "rules": rules}


def test_the_built_in_policy_has_no_problems() -> None:
    assert problems({}) == []


def test_a_policy_that_means_something_has_no_problems() -> None:
    assert (
        found(
            version=4,
            credit="offline_ceiling",
            offline_ceiling_micros=1_000_000,
            unauthenticated="charge_offline_account",
            offline_account_name="Branch",
            password_login="replicated_hash",
            password_hash_age_max_ms=HOUR_MS,
            uncounted_document="charge_fixed",
            uncounted_pages=3,
            offline_warn_ms=HOUR_MS,
            offline_stop_ms=9 * HOUR_MS,
            pages_max=100,
            filters=[{"kind": "pages_max", "limit": 50}, {"kind": "cost_max", "limit": 1}],
            escalation=[step(0, pages_max=60), step(4 * HOUR_MS, credit="strict")],
        )
        == []
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"offline_warn_ms": HOUR_MS, "offline_stop_ms": HOUR_MS}, "nobody would be warned"),
        (
            {
                "offline_warn_ms": 1,
                "offline_stop_ms": HOUR_MS,
                "escalation": [step(HOUR_MS, credit="strict")],
            },
            "is never reached",
        ),
        ({"escalation": [step(5, copies_max=999)]}, "the step after 5 ms changes nothing"),
        (
            {"escalation": [step(0, copies_max=9), step(5, copies_max=9)]},
            "the step after 5 ms changes nothing",
        ),
        ({"offline_ceiling_micros": 5}, "counts only while credit is offline_ceiling"),
        ({"uncounted_pages": 5}, "counts only while uncounted_document"),
        ({"password_hash_age_max_ms": 5}, "counts only while password_login"),
        (
            {"offline_account_name": "Branch", "account_selection": "personal"},
            "counts only while account_selection",
        ),
        (
            {"filters": [{"kind": "mono_only"}, {"kind": "colour_only"}]},
            "together let nothing pass",
        ),
        (
            {"pages_max": 40, "filters": [{"kind": "pages_max", "limit": 40}]},
            "pages_max 40 never refuses",
        ),
        (
            {"copies_max": 4, "filters": [{"kind": "copies_max", "limit": 9}]},
            "copies_max 9 never refuses",
        ),
    ],
)
def test_what_contradicts_itself_or_is_never_reached_is_found(
    fields: dict[str, object], words: str
) -> None:
    (problem,) = found(**fields)

    assert words in problem


def test_a_number_that_only_a_step_makes_matter_is_no_problem() -> None:
    assert (
        found(offline_ceiling_micros=5, escalation=[step(4 * HOUR_MS, credit="offline_ceiling")])
        == []
    )


def test_a_contradiction_that_only_a_step_makes_is_found_once() -> None:
    colour_only = [{"kind": "colour_only"}]
    steps = [step(0, filters=colour_only), step(HOUR_MS, copies_max=2)]

    (problem,) = found(filters=[{"kind": "mono_only"}], escalation=steps)

    assert "together let nothing pass" in problem


def test_all_problems_of_all_layers_come_at_once_and_a_wrong_field_hides_none() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.GLOBAL: {"quota": 1, "copies_max": 0},
        Layer.SITE: {"offline_warn_ms": 9, "offline_stop_ms": 1},
        Layer.PRINTER: {"uncounted_pages": 5},
    }

    assert [problem.partition(":")[0] for problem in problems(layers)] == [
        "global.quota",
        "global.copies_max",
        "offline_warn_ms",
        "uncounted_pages",
    ]
