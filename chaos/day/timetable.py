"""A working day in compressed time: how many people come when, and when the lines are down.

The day is from 8 to 18. Most people come at 9 and after lunch, so the first two outages lie there,
where they would hurt most; the third one takes headquarters itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

OPENS: Final = 8.0
CLOSES: Final = 18.0
HOURS: Final = CLOSES - OPENS
PEAKS: Final = ((9.0, 4.0), (13.25, 3.0))
"""When, and how many times as many people come then as between."""
PEAK_WIDTH: Final = 0.35
"""Hours: two thirds of a peak lie within so much of it."""


class Reach(StrEnum):
    """Whose line is down."""

    ONE_SITE = "one site"
    HALF = "half of the sites"
    HEADQUARTERS = "headquarters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Hours of the day."""

    reach: Reach
    begin: float
    end: float


OUTAGES: Final = (
    Outage(reach=Reach.ONE_SITE, begin=8.75, end=10.25),
    Outage(reach=Reach.HALF, begin=12.75, end=14.25),
    Outage(reach=Reach.HEADQUARTERS, begin=15.25, end=16.5),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """How large the company is, how many visits there are, and how fast the day goes by."""

    sites: int = 20
    people: int = 5_000
    visits: int = 1_500
    seconds: float = 300.0
    seed: int = 1

    @property
    def site_names(self) -> tuple[str, ...]:
        """All branches."""
        return tuple(f"branch{number:02}" for number in range(1, self.sites + 1))

    def cut_off(self, reach: Reach) -> tuple[str, ...]:
        """The branches that have no line then."""
        names = self.site_names
        if reach is Reach.ONE_SITE:
            return names[:1]
        return names[-(self.sites // 2) :] if reach is Reach.HALF else names

    def second(self, hour: float) -> float:
        """Of the run, for an hour of the day."""
        return (hour - OPENS) / HOURS * self.seconds

    def hour(self, second: float) -> float:
        """Of the day, for a second of the run."""
        return OPENS + second / self.seconds * HOURS


def crowd_at(hour: float) -> float:
    """How many people come then, as a multiple of a quiet hour."""
    peaks = (height * math.exp(-(((hour - when) / PEAK_WIDTH) ** 2) / 2) for when, height in PEAKS)
    return 1.0 + sum(peaks)


def clock(hour: float) -> str:
    """As a wall clock shows it."""
    minutes = round(hour * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"
