"""When a site prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.opening_hours import (
    ALWAYS_OPEN,
    DAY_MINUTES,
    WINDOWS_MAX,
    hours_problems,
    opening_hours,
)

OFFICE = {"days": ["mon", "tue"], "from": "07:30", "to": "12:00"}
AFTERNOON = {"days": ["mon"], "from": "13:00", "to": "18:00"}
NIGHT = {"days": ["sun"], "from": "22:00", "to": "24:00"}
WEEK_MINUTES = 7 * DAY_MINUTES


@pytest.mark.parametrize(
    ("minute", "is_open"),
    [
        (0, False),
        (7 * 60 + 29, False),
        (7 * 60 + 30, True),
        (12 * 60 - 1, True),
        (12 * 60, False),
        (13 * 60, True),
        (18 * 60, False),
        (DAY_MINUTES + 8 * 60, True),
        (DAY_MINUTES + 14 * 60, False),
        (WEEK_MINUTES - 1, True),
    ],
)
def test_a_window_holds_its_first_minute_and_not_its_end(minute: int, is_open: bool) -> None:
    hours = opening_hours([NIGHT, AFTERNOON, OFFICE])

    assert hours.is_open(minute) is is_open


def test_without_a_window_a_site_is_always_open() -> None:
    assert opening_hours([]) == ALWAYS_OPEN
    assert all(ALWAYS_OPEN.is_open(minute) for minute in (0, 5_000, WEEK_MINUTES - 1))


def test_windows_that_touch_or_overlap_become_one() -> None:
    touching = [
        {"days": ["mon"], "from": "08:00", "to": "10:00"},
        {"days": ["mon"], "from": "09:00", "to": "09:30"},
        {"days": ["mon"], "from": "10:00", "to": "11:00"},
    ]

    assert opening_hours(touching) == opening_hours(
        [{"days": ["mon"], "from": "08:00", "to": "11:00"}]
    )


@given(order=st.permutations([OFFICE, AFTERNOON, NIGHT, OFFICE]))
def test_law_the_order_of_windows_never_matters(order: list[dict[str, object]]) -> None:
    assert opening_hours(order) == opening_hours([OFFICE, AFTERNOON, NIGHT])


def test_good_windows_have_no_problems() -> None:
    assert hours_problems([OFFICE, AFTERNOON, NIGHT]) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("always", "not a list"),
        ([OFFICE] * (WINDOWS_MAX + 1), "not a list of up to 50"),
        (["07:00"], "0: this is no window"),
        ([{"days": ["mon"], "from": "07:00"}], "'to' is missing"),
        ([{**OFFICE, "zone": "utc"}], "'zone' is not known"),
        ([{**OFFICE, "days": []}], "not a list of days"),
        ([{**OFFICE, "days": "mon"}], "not a list of days"),
        ([{**OFFICE, "days": ["monday"]}], "'monday' is not known"),
        ([{**OFFICE, "from": "7:30"}], "from: '7:30' is not a time"),
        ([{**OFFICE, "from": 730}], "from: 730 is not a time"),
        ([{**OFFICE, "from": "07.30"}], "is not a time"),
        ([{**OFFICE, "from": "0a:30"}], "is not a time"),
        ([{**OFFICE, "from": "0²:30"}], "is not a time"),
        ([{**OFFICE, "to": "12:60"}], "to: '12:60' is not a time"),
        ([{**OFFICE, "to": "24:01"}], "to: '24:01' is not a time"),
        ([{**OFFICE, "to": "07:30"}], "to: not after 'from'"),
        ([{**OFFICE, "from": "22:00", "to": "06:00"}], "write a night as two windows"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_its_place(value: object, words: str) -> None:
    (problem,) = hours_problems(value)

    assert words in problem


def test_all_problems_of_all_windows_come_at_once() -> None:
    found = hours_problems([{"days": ["x"], "from": "1", "to": "2"}, 3])

    assert [problem.partition(":")[0] for problem in found] == ["0", "0", "0", "1"]
