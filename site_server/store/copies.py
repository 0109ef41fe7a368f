"""Copy sessions: credit is set aside when one begins, and charged by what the copier counted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from failure_modes.vocabulary import Micros, WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy session of a person at a device; it is open until `finished_wall_ms` is known."""

    copy_uuid: str
    session_id: str
    user_name: str
    device_name: str
    printer_name: str
    payer: str
    sides: str
    mono_each_micros: Micros
    colour_each_micros: Micros
    reserved_micros: Micros
    started_wall_ms: WallMs
    finished_wall_ms: WallMs | None = None
    mono_pages: int | None = None
    colour_pages: int | None = None
    cost_micros: Micros | None = None

    @property
    def reservation_id(self) -> str:
        """Where the credit for this copy session is set aside."""
        return f"copy:{self.copy_uuid}"


_COLUMNS: Final = tuple(field.name for field in fields(Copy))
_SELECT: Final = select(*(tables.copies.c[name] for name in _COLUMNS))
_BY_UUID: Final = _SELECT.where(tables.copies.c.copy_uuid == bindparam("copy_uuid"))
_OPEN_SINCE: Final = _SELECT.where(
    tables.copies.c.finished_wall_ms.is_(None),
    tables.copies.c.started_wall_ms <= bindparam("before_wall_ms"),
).limit(bindparam("limit"))
_COUNT_OPEN: Final = (
    select(func.count())
    .select_from(tables.copies)
    .where(
        tables.copies.c.finished_wall_ms.is_(None),
        tables.copies.c.session_id == bindparam("session_id"),
    )
)
_INSERT: Final = insert(tables.copies)
_UPDATE: Final = update(tables.copies).where(
    tables.copies.c.copy_uuid == bindparam("the_copy_uuid")
)
_PRUNE: Final = delete(tables.copies).where(
    tables.copies.c.finished_wall_ms < bindparam("before_wall_ms")
)


class Copies:
    """The copy sessions, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, copy_uuid: str) -> Copy | None:
        """The copy session of this name."""
        row = self._connection.execute(_BY_UUID, {"copy_uuid": copy_uuid}).one_or_none()
        return None if row is None else _copy(row)

    def open_since(self, before_wall_ms: int, limit: int) -> list[Copy]:
        """Copy sessions begun at or before that time whose pages nobody has reported."""
        values = {"before_wall_ms": before_wall_ms, "limit": limit}
        return [_copy(row) for row in self._connection.execute(_OPEN_SINCE, values)]

    def count_open(self, session_id: str) -> int:
        """How many copy sessions of this login are not finished."""
        return int(self._connection.execute(_COUNT_OPEN, {"session_id": session_id}).scalar_one())

    def add(self, copy: Copy) -> None:
        """Store the beginning of a copy session."""
        self._connection.execute(_INSERT, _values(copy))

    def save(self, copy: Copy) -> None:
        """Store the end of a copy session."""
        self._connection.execute(_UPDATE, {**_values(copy), "the_copy_uuid": copy.copy_uuid})

    def forget_finished_before(self, wall_ms: int) -> int:
        """Delete the rows of copy sessions that ended before that time."""
        return self._connection.execute(_PRUNE, {"before_wall_ms": wall_ms}).rowcount


def _copy(row: Row[Any]) -> Copy:
    return Copy(**dict(zip(_COLUMNS, row, strict=True)))


def _values(copy: Copy) -> dict[str, Any]:
    return {name: getattr(copy, name) for name in _COLUMNS}
