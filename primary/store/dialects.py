"""Where SQLite and PostgreSQL differ, for stores that stand on either: upserts, bulk rows."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from primary.store.bulk import Bulk, bulk_insert

POSTGRESQL: Final = "postgresql"
NUL: Final = "\x00"
NUL_AS_JSON: Final = "\\u0000"
"""PostgreSQL's text cannot hold a NUL. In canonical JSON there is none; only a body that nobody can
read has one, and a site that sends such a body must not stop its channel."""

Row = tuple[Any, ...]


class Upsert:
    """INSERT of rows that are tuples, keys first, then `columns`.

    Where the key is there already the columns are put instead, or with `adds` added to what they
    are. PostgreSQL takes all rows as one statement over arrays: a trip for each would take longer
    than the work.
    """

    def __init__(
        self, table: Table, keys: Sequence[str], columns: Sequence[str], *, adds: bool = False
    ) -> None:
        names = [*keys, *columns]
        put = sqlite.insert(table).values({name: bindparam(name) for name in names})
        self._in_sqlite = Bulk(
            put.on_conflict_do_update(
                index_elements=list(keys),
                set_={
                    name: table.c[name] + put.excluded[name] if adds else put.excluded[name]
                    for name in columns
                },
            ),
            names,
        )
        self._in_postgresql = _over_arrays(table, keys, columns, adds=adds)

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Put them; no key may come twice."""
        if connection.dialect.name != POSTGRESQL:
            self._in_sqlite(connection, rows)
        elif rows:
            arrays = tuple(list(column) for column in zip(*rows, strict=True))
            connection.exec_driver_sql(self._in_postgresql, arrays)


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


def _over_arrays(table: Table, keys: Sequence[str], columns: Sequence[str], *, adds: bool) -> str:
    names = [*keys, *columns]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in names)
    news = (
        f"{table.name}.{each} + excluded.{each}" if adds else f"excluded.{each}" for each in columns
    )
    sets = ", ".join(f"{each} = {new}" for each, new in zip(columns, news, strict=True))
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
    )


def _storable(row: Row) -> Row:
    if not any(isinstance(value, str) and NUL in value for value in row):
        return row
    return tuple(
        value.replace(NUL, NUL_AS_JSON) if isinstance(value, str) else value for value in row
    )
