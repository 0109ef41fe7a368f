"""Who comes when, where, and what for: made from a seed before the day begins."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chaos.day.timetable import CLOSES, OPENS, PEAKS, crowd_at

if TYPE_CHECKING:
    from chaos.day.timetable import DayPlan

GUESTS: Final = 0.03
"""So many of the visits are at another branch than the person's own."""
PRINTS: Final = 0.45
"""So many are for a document that was sent before; the others are for copies."""
COPIES_MAX: Final = 5
PAGES_MAX: Final = 4
HOME_BY: Final = 17.5
"""Nobody comes later, so that the paper is out when the branch closes."""


class Errand(StrEnum):
    """What somebody comes for."""

    PRINT = "print"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person at one panel."""

    number: int
    hour: float
    site_name: str
    person: int
    errand: Errand
    pages: int


def visits(plan: DayPlan) -> list[Visit]:
    """The whole day, in order of time; the same for the same plan."""
    drawn = random.Random(f"{plan.seed} {plan.sites} {plan.people} {plan.visits}")
    hours = sorted(_hour(drawn) for _ in range(plan.visits))
    return [_visit(plan, drawn, number, hour) for number, hour in enumerate(hours)]


def home_of(plan: DayPlan, person: int) -> str:
    """The person's own branch."""
    return plan.site_names[person % plan.sites]


def user_name(person: int) -> str:
    """As the directory has it."""
    return f"user{person:05}"


def card_number(person: int) -> str:
    """Of the person's card."""
    return f"04{person:08X}"


def _hour(drawn: random.Random) -> float:
    highest = max(crowd_at(when) for when, _ in PEAKS)
    while True:
        hour = drawn.uniform(OPENS + 0.1, min(HOME_BY, CLOSES))
        if drawn.uniform(0, highest) < crowd_at(hour):
            return hour


def _visit(plan: DayPlan, drawn: random.Random, number: int, hour: float) -> Visit:
    person = drawn.randrange(plan.people)
    is_guest = drawn.random() < GUESTS
    errand = Errand.PRINT if drawn.random() < PRINTS else Errand.COPY
    return Visit(
        number=number,
        hour=hour,
        site_name=drawn.choice(plan.site_names) if is_guest else home_of(plan, person),
        person=person,
        errand=errand,
        pages=drawn.randint(1, PAGES_MAX if errand is Errand.PRINT else COPIES_MAX),
    )
