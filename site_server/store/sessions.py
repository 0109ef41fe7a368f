"""Who is logged in at which device. A row is written at login and at the end, not at each touch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from failure_modes.vocabulary import LinkState
from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from failure_modes.vocabulary import WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSession:
    """A person at a panel. `printer_name` is the printer that the panel belongs to."""

    session_id: str
    user_name: str
    device_name: str
    printer_name: str
    opened_wall_ms: WallMs
    closed_wall_ms: WallMs | None = None
    link_state: LinkState | None = None
    """The link at login (see `failure_modes.session_pin`); None in a row of an older version."""


_COLUMNS: Final = tuple(field.name for field in fields(PanelSession))
_SELECT: Final = select(*(tables.sessions.c[name] for name in _COLUMNS))
_BY_ID: Final = _SELECT.where(tables.sessions.c.session_id == bindparam("session_id"))
_OPEN: Final = _SELECT.where(tables.sessions.c.closed_wall_ms.is_(None))
_COUNT: Final = (
    select(func.count())
    .select_from(tables.sessions)
    .where(tables.sessions.c.closed_wall_ms.is_(None))
)
_INSERT: Final = insert(tables.sessions)
_CLOSE: Final = (
    update(tables.sessions)
    .where(
        tables.sessions.c.session_id == bindparam("the_session_id"),
        tables.sessions.c.closed_wall_ms.is_(None),
    )
    .values(closed_wall_ms=bindparam("wall_ms"))
)
_PRUNE: Final = delete(tables.sessions).where(
    tables.sessions.c.closed_wall_ms < bindparam("before_wall_ms")
)


class Sessions:
    """The sessions, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, session_id: str) -> PanelSession | None:
        """The session of this id, also a closed one."""
        row = self._connection.execute(_BY_ID, {"session_id": session_id}).one_or_none()
        return None if row is None else _session(row)

    def all_open(self) -> list[PanelSession]:
        """Every session that nobody closed; bounded by the bound on sessions."""
        return [_session(row) for row in self._connection.execute(_OPEN)]

    def count_open(self) -> int:
        """How many people are logged in."""
        return int(self._connection.execute(_COUNT).scalar_one())

    def add(self, session: PanelSession) -> None:
        """Store a login."""
        self._connection.execute(_INSERT, {name: getattr(session, name) for name in _COLUMNS})

    def close(self, session_id: str, wall_ms: WallMs) -> bool:
        """End a session; False where it had ended before."""
        values = {"the_session_id": session_id, "wall_ms": wall_ms}
        return self._connection.execute(_CLOSE, values).rowcount > 0

    def forget_closed_before(self, wall_ms: int) -> int:
        """Delete the rows of sessions that ended before that time."""
        return self._connection.execute(_PRUNE, {"before_wall_ms": wall_ms}).rowcount


def _session(row: Row[Any]) -> PanelSession:
    values = dict(zip(_COLUMNS, row, strict=True))
    state = values.pop("link_state")
    return PanelSession(**values, link_state=None if state is None else LinkState(state))
