"""The company of a simulation: sites with a printer, a held queue and a panel each, and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from site_server.config import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

HEADQUARTERS: Final = "headquarters"
"""The machine of the primary."""
PAGE_MICROS: Final = 50_000
SITE_NAMES: Final = ("oslo", "lima", "rome", "cairo", "delhi", "quito", "seoul", "accra")
USERS: Final = 12
POOR: Final = 20 * PAGE_MICROS
RICH: Final = 2_000 * PAGE_MICROS


LIMITS: Final = (
    Limits(free_bytes_min=0),
    Limits(free_bytes_min=64 * 1024),
    Limits(
        free_bytes_min=64 * 1024,
        jobs_max=8,
        uploads_max=2,
        sessions_max=3,
        deliveries_max=2,
        copies_per_session_max=1,
    ),
)
"""What sites are bounded to: hardly, as far as their disks go, or so that people notice."""


def user_names() -> Sequence[str]:
    """Everybody's."""
    return [f"user{number}" for number in range(1, USERS + 1)]


def card_of(user_name: str) -> str:
    """The number on that person's card."""
    return f"04{int(user_name.removeprefix('user')):08X}"


def site_of(machine: str) -> str:
    """The site that runs on that machine: a copy of its disk is the same one."""
    return machine.partition("~")[0]


def new_card(number: int) -> str:
    """The number on a card that nobody has yet."""
    return f"05{number:08X}"


def organisation(site_names: Sequence[str], random: Random, credit: str) -> str:
    """The file that headquarters is made from. Some people run out of money, some are free."""
    rules = f'credit = "{credit}", card_self_registration = true'
    parts = ['currency = "EUR"', f'[[policies]]\nlayer = "global"\nrules = {{{rules}}}']
    for name in user_names():
        balance_micros = random.choice((POOR, POOR, RICH))
        restricted = random.choice(("false", *["true"] * 9))
        parts.append(
            f'[[users]]\nname = "{name}"\nfull_name = "{name.title()}"\n'
            f"balance_micros = {balance_micros}\nrestricted = {restricted}\n"
            f'cards = ["{card_of(name)}"]'
        )
    parts.append(
        "[[prices]]\n"
        + "\n".join(
            f"{name}_micros = {times * PAGE_MICROS}"
            for name, times in (
                ("mono_simplex", 1),
                ("mono_duplex", 1),
                ("colour_simplex", 3),
                ("colour_duplex", 3),
            )
        )
    )
    for name in site_names:
        parts.append(f'[[sites]]\nname = "{name}"\ntitle = "{name.title()}"')
        parts.append(
            f'[[printers]]\nname = "{name}-laser"\nsite = "{name}"\nuri = "ipp://127.0.0.1:1/{name}"'
        )
        parts.append(
            f'[[queues]]\nname = "{name}-secure"\nsite = "{name}"\nprinter = "{name}-laser"\n'
            'hold = "user"'
        )
    return "\n\n".join(parts) + "\n"
