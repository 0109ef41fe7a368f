"""Opening hours: when a site prints.

Windows are kept as minutes of the week, merged and in order, so that neither their order nor how
often a minute is named matters, and one look is a binary search. The minute that is asked about
comes in local time from the caller: time zones change by law and have no place in pure code.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from failure_modes.raw_shape import choice_problem, keys_problems

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
HOUR_MINUTES: Final = 60
WINDOWS_MAX: Final = 50
"""Windows of one list: seven for each day of the week, and one over."""
KEYS: Final = ("days", "from", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When printing is allowed: `first <= minute < end` of a window. No window: always."""

    firsts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def is_open(self, minute: int) -> bool:
        """Return whether `minute` of the week lies within a window."""
        if not self.firsts:
            return True
        place = bisect_right(self.firsts, minute) - 1
        return place >= 0 and minute < self.ends[place]


ALWAYS_OPEN: Final = OpeningHours()


def hours_problems(value: object) -> list[str]:
    """Return everything that is wrong with a list of windows as it came from JSON."""
    if not isinstance(value, list) or len(value) > WINDOWS_MAX:
        return [f"this is not a list of up to {WINDOWS_MAX} windows"]
    return [
        f"{place}: {problem}"
        for place, window in enumerate(value)
        for problem in _window_problems(window)
    ]


def opening_hours(value: Any) -> OpeningHours:  # noqa: ANN401 - checked by `hours_problems`
    """Return the hours of a list without problems; windows that touch become one."""
    windows = sorted(
        (DAYS.index(day) * DAY_MINUTES + first, DAYS.index(day) * DAY_MINUTES + end)
        for window in value
        for first, end in [(_minute(window["from"]), _minute(window["to"]))]
        for day in window["days"]
    )
    merged: list[tuple[int, int]] = []
    for first, end in windows:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((first, end))
    return OpeningHours(
        firsts=tuple(first for first, _ in merged), ends=tuple(end for _, end in merged)
    )


def _window_problems(window: object) -> list[str]:
    if not isinstance(window, Mapping):
        return ["this is no window with days, from and to"]
    problems = keys_problems(window, KEYS)
    if problems:
        return problems
    days, first, end = (window[key] for key in KEYS)
    if not isinstance(days, list) or not days:
        problems.append("days: this is not a list of days")
    else:
        problems += [
            f"days: {problem}" for day in days if (problem := choice_problem(day, DAYS)) is not None
        ]
    times = [(key, time) for key, time in (("from", first), ("to", end)) if _minute(time) < 0]
    problems += [f"{key}: {time!r} is not a time such as 07:30, up to 24:00" for key, time in times]
    if not times and _minute(first) >= _minute(end):
        problems.append(
            "to: not after 'from'; write a night as two windows, to 24:00 and from 00:00"
        )
    return problems


def _minute(time: object) -> int:
    """Return the minute of the day, -1 where this is no time."""
    if not isinstance(time, str) or len(time) != len("07:30") or time[2] != ":":
        return -1
    hour, minute = time[:2], time[3:]
    if not (hour + minute).isascii() or not (hour + minute).isdigit():
        return -1
    total = int(hour) * HOUR_MINUTES + int(minute)
    return total if int(minute) < HOUR_MINUTES and total <= DAY_MINUTES else -1
