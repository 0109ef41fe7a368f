"""Long reads of the ledger: in a thread, one at a time, on a connection of their own.

A long read on the connection that looks things up would hold up every ingest.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, MetaData

from primary.store.ledger import Place
from primary.store.postgres import LONG_READ_S, PostgresDatabase
from replication.adapters.sqlite_file import WAL_AUTOCHECKPOINT_PAGES, open_engine

T = TypeVar("T")


class LedgerReader:
    """Reads of the ledger that may be long."""

    def __init__(self, place: Place, *, read_s: float | None = LONG_READ_S) -> None:
        """In PostgreSQL a statement may take `read_s`; None: as long as any lookup there."""
        self._source: _File | PostgresDatabase = (
            _File(place)
            if isinstance(place, Path)
            else PostgresDatabase(place, MetaData(), read_s=read_s)
        )
        self._lock = asyncio.Lock()

    async def run(self, read: Callable[[Connection], T]) -> T:
        """What `read` returns, run in a thread inside one read transaction."""
        async with self._lock:
            return await asyncio.to_thread(self._read, read)

    def close(self) -> None:
        """Close the connection."""
        self._source.close()

    def _read(self, read: Callable[[Connection], T]) -> T:
        with self._source.read() as connection:
            return read(connection)


class _File:
    """A reading connection to the file."""

    def __init__(self, path: Path) -> None:
        self._engine = open_engine(path, wal_autocheckpoint_pages=WAL_AUTOCHECKPOINT_PAGES)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        self._engine.dispose()
