"""Brings the file of an older version up to what this version knows: it adds, and never takes away.

An older reader does not ask for what was added, so files may be newer than their readers. A column
that is added later may be NULL or has a `server_default`, since rows without it are there already.

Rejected: a numbered migration for each change. Every change so far is an addition, and what is
missing can be seen in the file itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy.schema import CreateColumn

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData


def expand(connection: Connection, metadata: MetaData) -> None:
    """Add the tables, columns and indexes of `metadata` that the file lacks. Idempotent."""
    metadata.create_all(connection)
    known = inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in known.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                added = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")
        for index in table.indexes:
            index.create(connection, checkfirst=True)
