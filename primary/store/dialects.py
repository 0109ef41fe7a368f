"""Where SQLite and PostgreSQL differ, for stores that stand on either: upserts, bulk rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from primary.store.bulk import bulk_insert

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import Insert

POSTGRESQL: Final = "postgresql"
NUL: Final = "\x00"
NUL_AS_JSON: Final = "\\u0000"
"""PostgreSQL's text cannot hold a NUL. In canonical JSON there is none; only a body that nobody can
read has one, and a site that sends such a body must not stop its channel."""

Row = tuple[Any, ...]
New = Callable[[str, Any, Any], Any]
"""(column, what is there, what comes) -> what is put where the row is there already."""


class Upsert:
    """INSERT, or where the key is there already UPDATE of `columns`."""

    def __init__(
        self, table: Table, keys: Sequence[str], columns: Sequence[str], new: New | None = None
    ) -> None:
        put = new or (lambda _name, _old, fresh: fresh)
        self._of: Mapping[str, Insert] = {
            dialect: _upsert(insert(table), table, (keys, columns), put)
            for dialect, insert in (
                (POSTGRESQL, postgresql.insert),
                ("sqlite", sqlite.insert),
            )
        }

    def __call__(
        self, connection: Connection, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """Put one row, or many."""
        connection.execute(self._of[connection.dialect.name], rows)


class BulkRows:
    """INSERT of many rows that are tuples in the order of `names`; PostgreSQL takes a COPY."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self._insert = bulk_insert(table, names)
        columns = ", ".join(names)
        self._copy = f"COPY {table.name} ({columns}) FROM STDIN"

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert them all, or fail with none of them in."""
        if connection.dialect.name != POSTGRESQL:
            self._insert(connection, rows)
        elif rows:
            driver = connection.connection.dbapi_connection
            with driver.cursor() as cursor, cursor.copy(self._copy) as copy:  # type: ignore[union-attr]
                for row in rows:
                    copy.write_row(_storable(row))


def _upsert(insert: Any, table: Table, parts: tuple[Sequence[str], Sequence[str]], new: New) -> Any:  # noqa: ANN401 - each dialect has a class of its own
    keys, columns = parts
    values = {name: new(name, table.c[name], insert.excluded[name]) for name in columns}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=values)


def _storable(row: Row) -> Row:
    if not any(isinstance(value, str) and NUL in value for value in row):
        return row
    return tuple(
        value.replace(NUL, NUL_AS_JSON) if isinstance(value, str) else value for value in row
    )
