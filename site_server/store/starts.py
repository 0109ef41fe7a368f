"""The starts of this site (`replication.starts`): one row each, the newest of them only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Integer, Table, Text, delete, insert, select

from replication.starts import FORMER_MAX, Start
from site_server.store.tables import site_metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

starts: Final = Table(
    "starts",
    site_metadata,
    Column("number", Integer, primary_key=True),
    Column("instance", Text, nullable=False, doc="a nonce, 32 hex digits"),
)
_NEWEST: Final = select(starts).order_by(starts.c.number.desc()).limit(FORMER_MAX)
_ADD: Final = insert(starts)


def note_start(connection: Connection, instance: str) -> Start:
    """Write down that the site starts now, as `instance`."""
    rows = connection.execute(_NEWEST).all()
    number = rows[0].number + 1 if rows else 1
    connection.execute(_ADD, {"number": number, "instance": instance})
    connection.execute(delete(starts).where(starts.c.number < number - FORMER_MAX))
    return Start(number=number, instance=instance, former=tuple(row.instance for row in rows))
