"""Numbers that only grow and are never reused, also across restarts and deleted rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam
from sqlalchemy.dialects.sqlite import insert

from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NEXT: Final = (
    insert(tables.numbers)
    .values(name=bindparam("name"), last=1)
    .on_conflict_do_update(
        index_elements=[tables.numbers.c.name], set_={"last": tables.numbers.c.last + 1}
    )
    .returning(tables.numbers.c.last)
)


def next_number(connection: Connection, name: str) -> int:
    """The next number of the series `name`, from 1 on."""
    return int(connection.execute(_NEXT, {"name": name}).scalar_one())
