"""When a payer with an allowance was last at hand at this site: what idle is measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from failure_modes.vocabulary import WallMs
from site_server.store import tables

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

_SEEN: Final = select(tables.payers_seen.c.payer, tables.payers_seen.c.seen_wall_ms)
_INSERT = insert(tables.payers_seen)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=["payer"], set_={"seen_wall_ms": _INSERT.excluded.seen_wall_ms}
)
_FORGET: Final = delete(tables.payers_seen).where(tables.payers_seen.c.payer == bindparam("who"))


class PayersSeen:
    """The times, inside one transaction of the caller. The wall clock's, as it must outlive us."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[str, WallMs]:
        """Every payer that is remembered: about as many as have an allowance here."""
        return {payer: WallMs(seen_ms) for payer, seen_ms in self._connection.execute(_SEEN)}

    def put(self, payers: Collection[str], wall_ms: WallMs) -> None:
        """They were at hand just now."""
        if payers:
            rows = [{"payer": payer, "seen_wall_ms": wall_ms} for payer in sorted(payers)]
            self._connection.execute(_PUT, rows)

    def forget(self, payers: Collection[str]) -> None:
        """They have no allowance here any more."""
        if payers:
            self._connection.execute(_FORGET, [{"who": payer} for payer in sorted(payers)])
