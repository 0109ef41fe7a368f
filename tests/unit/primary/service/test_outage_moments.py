"""What changes during an outage, and when."""

import pytest

from failure_modes.opening_hours import opening_hours
from failure_modes.policy import resolve
from failure_modes.vocabulary import Layer
from primary.service.outage_moments import duration_text, hours_text, turns

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def changes(**rules: object) -> dict[str, tuple[str, ...]]:
    policy = resolve({Layer.SITE: rules})
    return {duration_text(each.after_ms): each.changes for each in turns(policy, "EUR")}


def test_even_the_built_in_policy_warns_and_stops() -> None:
    assert changes() == {
        "7 days": ("every decision warns the operator (offline_warn_ms, built_in)",),
        "14 days": (
            "no card and no PIN is believed any more (credential_age_max_ms, built_in)",
            "nothing is let out any more (offline_stop_ms, built_in)",
        ),
    }


def test_a_step_says_what_it_really_changes() -> None:
    rules = {"copies_max": 999, "offline_ceiling_micros": 2_000_000}
    steps = [
        {"after_ms": 0, "rules": {"credit": "offline_ceiling"}},
        {"after_ms": 4 * HOUR_MS, "rules": {**rules, "filters": [{"kind": "mono_only"}]}},
        {"after_ms": 8 * HOUR_MS, "rules": {"copies_max": 999}},
        {"after_ms": 9 * HOUR_MS, "rules": {"opening_hours": [], "copies_max": 2}},
    ]
    hours = [{"days": ["mon"], "from": "08:00", "to": "12:00"}]

    found = changes(escalation=steps, opening_hours=hours)

    assert found["4 h"] == (
        "offline_ceiling_micros 5.00 EUR -> 2.00 EUR (site)",
        "filters 0 -> 1 (site)",
    )
    assert found["9 h"] == (
        "copies_max 999 -> 2 (site)",
        "opening_hours mon 08:00-12:00 -> always open (site)",
    )
    assert "8 h" not in found


def test_what_would_come_after_the_end_is_not_said() -> None:
    found = changes(
        offline_warn_ms=0,
        offline_stop_ms=DAY_MS,
        escalation=[{"after_ms": 2 * DAY_MS, "rules": {"credit": "strict"}}],
    )

    assert list(found) == ["1 day"]


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [(14_400_000, "4 h"), (DAY_MS, "1 day"), (90_000, "90 s"), (5, "5 ms"), (0, "0 ms")],
)
def test_times_are_said_in_the_largest_unit_that_fits(span_ms: int, text: str) -> None:
    assert duration_text(span_ms) == text


def test_windows_that_touch_at_midnight_are_said_day_by_day() -> None:
    hours = opening_hours(
        [
            {"days": ["mon"], "from": "22:00", "to": "24:00"},
            {"days": ["tue"], "from": "00:00", "to": "06:30"},
            {"days": ["sun"], "from": "10:00", "to": "24:00"},
        ]
    )

    assert hours_text(hours) == "mon 22:00-24:00, tue 00:00-06:30, sun 10:00-24:00"
    assert hours_text(opening_hours([])) == ""
