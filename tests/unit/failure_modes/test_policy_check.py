"""What is wrong with a policy as a whole."""

import pytest

from failure_modes.policy_check import Idle, contradictions, idle, problems
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
            {
                "ask_for_account": True,
                "offline_account_name": "Branch",
                "account_selection": "personal",
            },
            "counts only while ask_for_account is true and account_selection is shared",
        ),
        ({"offline_account_name": "Branch"}, "or unauthenticated is charge_offline_account"),
        ({"account_selection": "personal"}, "counts only while ask_for_account is true"),
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
        (
            {"filters": [{"kind": "cost_max", "limit": 5}, {"kind": "cost_max", "limit": 9}]},
            "site.filters: [1] cost_max never decides anything: [0] cost_max refuses",
        ),
        (
            {"conversions": [{"kind": "force_mono"}, {"kind": "force_mono", "groups": ["pupils"]}]},
            "site.conversions: [1] force_mono never changes anything: [0]",
        ),
        (
            {"escalation": [step(0, filters=[{"kind": "mono_only"}, {"kind": "mono_only"}])]},
            "site.escalation: 0: rules.filters: [1] mono_only never decides anything",
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


def test_a_site_that_is_stricter_than_the_organisation_makes_no_rule_needless() -> None:
    limits = {
        Layer.GLOBAL: {"filters": [{"kind": "cost_max", "limit": 9}]},
        Layer.SITE: {"filters": [{"kind": "cost_max", "limit": 5}]},
    }

    assert problems(limits) == []


def test_what_is_idle_names_its_layer_and_what_contradicts_is_told_apart() -> None:
    layers: dict[Layer, dict[str, object]] = {
        Layer.GLOBAL: {"uncounted_pages": 5},
        Layer.SITE: {"escalation": [step(5, copies_max=999)]},
        Layer.PRINTER: {
            "offline_warn_ms": 9,
            "offline_stop_ms": 9,
            "filters": [{"kind": "pages_max", "limit": 10_000}],
        },
    }

    assert len(contradictions(layers)) == 1
    assert [each.layer for each in idle(layers)] == [Layer.SITE, Layer.GLOBAL, Layer.PRINTER]
    assert all(isinstance(each, Idle) for each in idle(layers))
