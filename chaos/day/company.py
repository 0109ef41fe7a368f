"""The organisation file of a company: branches with a printer and a queue, people with cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.day.script import card_number, user_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.day.timetable import DayPlan

CREDIT_MICROS: Final = 20_000_000
POOR_EVERY: Final = 50
"""Each so many-th person has next to nothing, and is refused."""
POOR_MICROS: Final = 60_000
HEAD: Final = """currency = "EUR"

[[prices]]
mono_simplex_micros = 50_000
mono_duplex_micros = 40_000
colour_simplex_micros = 250_000
colour_duplex_micros = 220_000

[[policies]]
layer = "global"
rules = { credit = "replica_balance", uncounted_document = "deny", pages_max = 2_000 }
"""
SITE: Final = """
[[sites]]
name = "{name}"
title = "Branch {name}"

[[printers]]
name = "{name}-laser"
site = "{name}"
uri = "ipp://127.0.0.1:9/ipp/print"

[[queues]]
name = "{name}-secure"
site = "{name}"
printer = "{name}-laser"
hold = "user"
"""
USER: Final = """
[[users]]
name = "{name}"
full_name = "Person number {number}"
cards = ["{card}"]
balance_micros = {micros}
"""


def organisation(plan: DayPlan) -> str:
    """The whole file."""
    return "".join([HEAD, *(SITE.format(name=name) for name in plan.site_names), *_people(plan)])


def _people(plan: DayPlan) -> Iterator[str]:
    for number in range(plan.people):
        is_poor = number % POOR_EVERY == POOR_EVERY - 1
        yield USER.format(
            name=user_name(number),
            number=number,
            card=card_number(number),
            micros=POOR_MICROS if is_poor else CREDIT_MICROS,
        )
