"""How far back headquarters may be restored, as the replica says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text

from replication.schema.directory import heartbeat

if TYPE_CHECKING:
    from sqlalchemy import Connection

_IS_THERE: Final = text(
    "SELECT count(*) FROM pragma_table_info('heartbeat') WHERE name = 'backup_window_ms'"
)
_WINDOW: Final = select(heartbeat.c.backup_window_ms)


def backup_window_ms(connection: Connection) -> int | None:
    """The window; None where headquarters is older than the first version that tells it."""
    if not connection.execute(_IS_THERE).scalar_one():
        return None
    return connection.execute(_WINDOW).scalar_one_or_none()
