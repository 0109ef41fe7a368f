"""Credit set aside for what is under way: a job on its way to a printer, a person at a copier.

A reservation is opened in the transaction that decides, and closed in the one that records the
outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, insert, select

from failure_modes.vocabulary import Micros
from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from failure_modes.vocabulary import WallMs

_OPEN: Final = insert(tables.reservations)
_CLOSE: Final = delete(tables.reservations).where(
    tables.reservations.c.reservation_id == bindparam("reservation_id")
)
_PAYERS: Final = select(tables.reservations.c.payer).distinct()
_SUM: Final = select(func.coalesce(func.sum(tables.reservations.c.amount_micros), 0)).where(
    tables.reservations.c.payer == bindparam("payer")
)


def reserved_micros(connection: Connection, payer: str) -> Micros:
    """The sum of the payer's open reservations."""
    return Micros(connection.execute(_SUM, {"payer": payer}).scalar_one())


def reserved_payers(connection: Connection) -> frozenset[str]:
    """Everybody with an open reservation."""
    return frozenset(connection.execute(_PAYERS).scalars())


class Reservations:
    """The open reservations, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, reservation_id: str, payer: str, amount_micros: Micros, wall_ms: WallMs) -> None:
        """Set `amount_micros` of the payer's credit aside; once per id."""
        self._connection.execute(
            _OPEN,
            {
                "reservation_id": reservation_id,
                "payer": payer,
                "amount_micros": amount_micros,
                "opened_wall_ms": wall_ms,
            },
        )

    def close(self, reservation_id: str) -> bool:
        """Give back what is still set aside; False where nothing was."""
        return self._connection.execute(_CLOSE, {"reservation_id": reservation_id}).rowcount > 0
