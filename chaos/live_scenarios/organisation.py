"""The company of the live scenarios: some branches, and three people who work at each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.branch import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_MICROS: Final = 50_000
ADA: Final = Person(user_name="ada", card_number="04A1B2C3D4")
"""Prints and releases."""
GRACE: Final = Person(user_name="grace", card_number="04B2C3D4E5")
"""Copies."""
ALAN: Final = Person(user_name="alan", card_number="04C3D4E5F6")
"""Has too little money for what he wants: his release is refused."""
PEOPLE: Final = (ADA, GRACE, ALAN)
BALANCES: Final = {"ada": 2_000_000_000, "grace": 2_000_000_000, "alan": PAGE_MICROS}


def organisation(site_names: Sequence[str], credit: str) -> str:
    """The file that headquarters is made from."""
    rules = f'[[policies]]\nlayer = "global"\nrules = {{ credit = "{credit}" }}'
    parts = ['currency = "EUR"', rules]
    parts += [
        f'[[users]]\nname = "{person.user_name}"\nfull_name = "{person.user_name.title()}"\n'
        f'cards = ["{person.card_number}"]\nbalance_micros = {BALANCES[person.user_name]}'
        for person in PEOPLE
    ]
    names = ("mono_simplex", "mono_duplex", "colour_simplex", "colour_duplex")
    parts.append("[[prices]]\n" + "\n".join(f"{name}_micros = {PAGE_MICROS}" for name in names))
    parts += [_branch(name) for name in site_names]
    return "\n\n".join(parts) + "\n"


def _branch(name: str) -> str:
    return (
        f'[[sites]]\nname = "{name}"\ntitle = "{name.title()}"\n\n'
        f'[[printers]]\nname = "{name}-laser"\nsite = "{name}"\n'
        'uri = "ipp://127.0.0.1:1/ipp/print"\n\n'
        f'[[queues]]\nname = "{name}-secure"\nsite = "{name}"\nprinter = "{name}-laser"\n'
        'hold = "user"'
    )
