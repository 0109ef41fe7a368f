"""What the directory asks of whoever reads it: `min_reader` of the heartbeat row."""

from typing import Final

from sqlalchemy import Connection, bindparam, func, select, update

from replication.schema.directory import heartbeat

_GET: Final = select(heartbeat.c.min_reader)
_RAISE: Final = update(heartbeat).values(
    min_reader=func.max(heartbeat.c.min_reader, bindparam("wanted"))
)


def min_reader(connection: Connection) -> int:
    """The oldest version of the schema that can read this directory."""
    return int(connection.execute(_GET).scalar_one())


def raise_min_reader(connection: Connection, wanted: int) -> None:
    """Ask for that version from now on; it is never lowered."""
    connection.execute(_RAISE, {"wanted": wanted})
