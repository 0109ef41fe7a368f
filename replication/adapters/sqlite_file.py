"""One SQLite database file with one writer thread, group commit, and readers that never wait.

Theory of operation ------------------- A commit with `synchronous=FULL` costs one fsync, whatever
it holds; many small commits are slow, one commit of many small pieces of work is fast. So every
file has one writer thread with a queue. The thread takes whatever waits, runs each piece inside a
savepoint of one transaction, and commits once. A piece that raises is rolled back alone; its caller
gets the exception. No caller hears "done" before the commit is on the disk. If the commit itself
fails, every caller of the batch hears that nothing was written.

Readers use a connection of their own. In WAL mode they never wait for the writer. A lookup costs
about 100 microseconds; a thread would only add its hand-over, so it runs where it is called.

A file whose name is gone goes on working for whoever has it open. So before each commit it is asked
whether the name still leads to it (2 microseconds): nobody is told "done" of what no restart finds.

Only pysqlite3 opens these files: two SQLite libraries in one process would drop each other's locks.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.exc import DBAPIError

from replication.adapters.statement_cache import one_connection
from replication.adapters.writer_thread import Work, WriterThread
from replication.errors import FileGoneError, StorageError, StorageFullError
from replication.schema.expand import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from replication.adapters.writer_thread import Waiting

__all__ = ["SqliteFile", "Work", "open_engine", "translated"]

T = TypeVar("T")

BUSY_TIMEOUT_MS: Final = 5_000
WAL_AUTOCHECKPOINT_PAGES: Final = 1_000
DRIVER_ERRORS: Final = (DBAPIError, sqlite.Error)


def open_engine(path: Path, *, wal_autocheckpoint_pages: int) -> Engine:
    """An engine with exactly one connection to `path`, in WAL mode, `synchronous=FULL`."""

    def connect() -> Any:  # noqa: ANN401 - the driver has no types
        raw = sqlite.connect(
            str(path),
            timeout=BUSY_TIMEOUT_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={wal_autocheckpoint_pages}",
        ):
            raw.execute(f"PRAGMA {pragma}")
        return raw

    return one_connection(connect)


def translated(error: DBAPIError | sqlite.Error) -> Exception:
    """The driver's error in our words."""
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    if "disk is full" in said or "disk I/O error" in said:
        return StorageFullError()
    return StorageError(f"The database file refused the transaction; nothing was written: {said}")


class SqliteFile:
    """A database file of this process: `await write(work)` and `with read() as connection`."""

    def __init__(
        self,
        path: Path,
        metadata: MetaData,
        *,
        wal_autocheckpoint_pages: int = WAL_AUTOCHECKPOINT_PAGES,
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        """Open or make the file.

        `on_commit` is called in the event loop, once per commit, when its transactions are on the
        disk, even where their callers have gone away meanwhile.
        """
        self.path = path
        self._writing = open_engine(path, wal_autocheckpoint_pages=wal_autocheckpoint_pages)
        self._reading = open_engine(path, wal_autocheckpoint_pages=wal_autocheckpoint_pages)
        self._raw: Any = None
        for engine, begin in ((self._writing, "BEGIN IMMEDIATE"), (self._reading, "BEGIN")):
            _begin_with(engine, begin)
        self._stamp: tuple[int, int] | None = None
        self.write_now(lambda connection: expand(connection, metadata))
        self._stamp = stamp_of(path)
        self._writer = WriterThread(f"writer of {path.name}", self._commit, on_commit)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once that is on the disk.

        Errors: `StorageFullError` and `StorageError` (nothing was written), and what `work` raises.
        """
        return await self._writer.write(work)

    def write_now(self, work: Work[T]) -> T:
        """Run `work` in a transaction from a program without an event loop."""
        self._check_there()
        with _translating(), self._writing.begin() as connection:
            return work(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection inside one read transaction: everything read belongs together."""
        with _translating(), self._reading.begin() as connection:
            yield connection

    def look_up(self, statement: str, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """The one row that `statement` finds now; None: there is none.

        Straight from the driver, in 15 microseconds in place of 100: for what is asked with every
        word of every site.
        """
        with _translating():
            if self._raw is None:
                self._raw = self._reading.raw_connection().dbapi_connection
            row: tuple[Any, ...] | None = self._raw.execute(statement, values).fetchone()
        return row

    @property
    def waiting(self) -> int:
        """Transactions that wait for the writer."""
        return self._writer.waiting

    def close(self) -> None:
        """Finish what waits, then close the file."""
        if not self._writer.close():
            return
        self._reading.dispose()
        self._writing.dispose()

    @property
    def is_there(self) -> bool:
        """Whether what is written is found again: SQLite goes on without a word where it is not."""
        return self._stamp is None or stamp_of(self.path) == self._stamp

    def _check_there(self) -> None:
        if not self.is_there:
            raise FileGoneError(
                f"{self.path} was deleted or replaced under this server. Nothing is accepted any "
                "more, for nobody would find it again. Stop the server, put the file back (from a "
                "backup, or by its open descriptor below /proc), and start it again."
            )

    def _commit(self, batch: Sequence[Waiting]) -> bool:
        try:
            self._check_there()
            with _translating(), self._writing.begin() as connection:
                for waiting in batch:
                    _run_one(connection, waiting)
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller must hear it
            for waiting in batch:
                waiting.error = error
            return False
        return True


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Which file has that name; None: no file has."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _run_one(connection: Connection, waiting: Waiting) -> None:
    _raw(connection, "SAVEPOINT one")
    try:
        waiting.result = waiting.work(connection)
    except Exception as error:  # the caller's own error goes back to the caller
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            raise  # A full disk ends the whole transaction: every caller of the batch must hear it.
        _raw(connection, "ROLLBACK TO one")
        waiting.error = translated(error) if isinstance(error, DRIVER_ERRORS) else error
    _raw(connection, "RELEASE one")


def _begin_with(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        _raw(connection, statement)


def _raw(connection: Connection, statement: str) -> None:
    # Transaction control goes straight to the driver: three of these frame every lookup.
    connection.connection.dbapi_connection.execute(statement)  # type: ignore[union-attr]


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except DRIVER_ERRORS as error:
        raise translated(error) from error
