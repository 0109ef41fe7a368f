"""What devices did by themselves, once each. These rows are kept for as long as the file.

A device repeats what it has not heard an answer to, and one that lay in a drawer may do so after a
year. A row is 200 bytes, so a branch with a hundred uses a day for ten years needs 70 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select

from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from failure_modes.vocabulary import Micros, WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUse:
    """One use of a card and what was made of it."""

    use_uuid: str
    content_hash: str
    payer: str | None
    cost_micros: Micros
    matched: bool
    reason: str
    taken_wall_ms: WallMs


_COLUMNS: Final = tuple(field.name for field in fields(TakenUse))
_BY_UUID: Final = select(*(tables.card_uses.c[name] for name in _COLUMNS)).where(
    tables.card_uses.c.use_uuid == bindparam("use_uuid")
)
_INSERT: Final = insert(tables.card_uses)


class CardUses:
    """The uses, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, use_uuid: str) -> TakenUse | None:
        """The use of this name, if it was told before."""
        row = self._connection.execute(_BY_UUID, {"use_uuid": use_uuid}).one_or_none()
        return None if row is None else TakenUse(**dict(zip(_COLUMNS, row, strict=True)))

    def add(self, use: TakenUse) -> None:
        """Remember a use; once per uuid."""
        values: dict[str, Any] = {name: getattr(use, name) for name in _COLUMNS}
        self._connection.execute(_INSERT, values)
