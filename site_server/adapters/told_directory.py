"""What was told, as a directory: a database in memory that is read like a replica.

So every question that a site puts to its replica works on a node that has none, and nothing has to
be said twice. It holds one answer at a time; whoever puts one in reads it before the next `await`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import create_engine, delete, insert
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.pool import StaticPool

from replication.adapters.replica import ReplicaUnreadableError
from replication.schema.directory import directory_metadata
from replication.told import known_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from replication.told import Rows

TABLES: Final = directory_metadata.tables


class ToldDirectory:
    """A `Replica` of what was told last."""

    def __init__(self) -> None:
        self.ready = False
        engine = create_engine(
            "sqlite://",
            module=sqlite,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        directory_metadata.create_all(engine)
        self._connection = engine.connect()
        self._connection.rollback()
        self._filled: set[str] = set()

    def fill(self, rows: Rows) -> None:
        """Hold these rows and no others. Errors: `ReplicaUnreadableError`; it is empty then.

        Tables and columns that this version does not know are left out.
        """
        known = {name: each for name, each in rows.items() if name in TABLES}
        try:
            with self._connection.begin():
                for name in self._filled | known.keys():
                    self._connection.execute(delete(TABLES[name]))
                for name, each in known.items():
                    if each:
                        self._connection.execute(
                            insert(TABLES[name]), known_rows(TABLES[name], each)
                        )
        except (DBAPIError, StatementError) as error:
            raise ReplicaUnreadableError(f"What was told cannot be read: {error}") from error
        self._filled = set(known)
        self.ready = True

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The rows, in one transaction. Not over an `await`."""
        with self._connection.begin():
            yield self._connection

    def close(self) -> None:
        """Forget everything."""
        self.ready = False
        self._connection.close()
        self._connection.engine.dispose()
