"""The site's replica, read only: everything that one decision reads comes from one snapshot.

Theory of operation
-------------------
One long-lived connection, used in the event loop's thread: a lookup takes 60 to 190 microseconds,
and a thread would only add its own hand-over. WAL readers never wait for the applier and the
applier never waits for them, so nothing here blocks. A snapshot must not be held over an `await`:
it would show another task's lookups the same old state, and it keeps the WAL from being reused.

The connection is opened `mode=ro`. A connection that may write would checkpoint when it is the last
to close, and only the applier may do that (its SQLite has the WAL-reset bug). If the file is
replaced (a person deleted it, the applier made it anew) the next snapshot opens the new one.

A file that turned out damaged is not read again. Until another takes its place there is no replica.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from replication.adapters.applier.position_file import read_position
from replication.adapters.statement_cache import one_connection
from replication.errors import ReplicationError
from replication.position import BadPositionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from replication.position import Position

BUSY_TIMEOUT_MS: Final = 1_000
"""Only met where a crashed applier left the WAL's index to be rebuilt, once."""
STATEMENTS_CACHED: Final = 256

DAMAGE_SIGNS: Final = ("malformed", "not a database", "disk I/O error")

_Stamp = tuple[int, int]


class ReplicaNotReadyError(ReplicationError):
    """There is no replica yet: this site has never finished its first copy of the directory."""


class ReplicaUnreadableError(ReplicationError):
    """The replica cannot be read."""


class SnapshotOpenError(ReplicationError):
    """A snapshot is open already. Finish it before the next `await`; snapshots do not nest."""


class Replica:
    """Reads `path`, which the applier writes, and the position it keeps beside it."""

    def __init__(self, path: Path, position_path: Path | None = None) -> None:
        self._path = path
        self._position_path = position_path or path.with_suffix(".position")
        self._position: Position | None = None
        self._position_stamp: tuple[int, int, int] | None = None
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._stamp: _Stamp | None = None
        self._distrusted: _Stamp | None = None
        self.on_damage: Callable[[], None] = _nothing
        """Called when a snapshot met a file that is no sound database."""

    def distrust(self) -> None:
        """Answer nothing more from the file that is there; one that takes its place is trusted."""
        self._distrusted = self._file_stamp()
        self.close()

    def trust(self) -> None:
        """Read the file that is there again: somebody looked, and it is sound."""
        self._distrusted = None

    @property
    def position(self) -> Position | None:
        """The stored position; a snapshot may already be newer.

        None before the first apply, and where the file is damaged (the applier then starts anew).
        """
        try:
            status = self._position_path.stat()
        except FileNotFoundError:
            self._position = self._position_stamp = None
            return None
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp != self._position_stamp:
            self._position_stamp, self._position = stamp, None
            with suppress(BadPositionError):
                self._position = read_position(self._position_path)
        return self._position

    @property
    def ready(self) -> bool:
        """True once there is a whole directory to read."""
        stamp = self._file_stamp()
        return stamp is not None and stamp != self._distrusted and self.position is not None

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection inside one read transaction. Not over an `await`.

        Errors: `ReplicaNotReadyError`, `ReplicaUnreadableError`, `SnapshotOpenError`.
        """
        connection = self._current()
        if connection.in_transaction():
            raise SnapshotOpenError
        try:
            with connection.begin():
                yield connection
        except DBAPIError as error:
            self.close()
            self._notice(error)
            raise ReplicaUnreadableError(f"The replica cannot be read: {error.orig}") from error

    def close(self) -> None:
        """Close the file; the next snapshot opens it again."""
        if self._connection is not None:
            self._connection.close()
        if self._engine is not None:
            self._engine.dispose()
        self._connection = self._engine = self._stamp = None

    def _file_stamp(self) -> _Stamp | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _current(self) -> Connection:
        stamp = self._file_stamp()
        if stamp is None or stamp == self._distrusted:
            raise ReplicaNotReadyError
        if self._connection is None and not self.ready:
            raise ReplicaNotReadyError
        if self._connection is None or stamp != self._stamp:
            self.close()
            self._engine = _open_engine(self._path)
            try:
                self._connection = self._engine.connect()
            except DBAPIError as error:
                self.close()
                self._notice(error)
                raise ReplicaUnreadableError(
                    f"The replica cannot be opened: {error.orig}"
                ) from error
            self._stamp = stamp
        return self._connection

    def _notice(self, error: DBAPIError) -> None:
        """Never read a damaged file twice: the next decision goes without a replica."""
        said = str(error.orig)
        if any(sign in said for sign in DAMAGE_SIGNS):
            self.distrust()
            self.on_damage()


def _nothing() -> None:
    """Nobody wants to know."""


def _open_engine(path: Path) -> Engine:
    def connect() -> Any:  # noqa: ANN401 - the driver has no types
        return sqlite.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS_CACHED,
        )

    engine = one_connection(connect)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.connection.dbapi_connection.execute("BEGIN")  # type: ignore[union-attr]

    return engine
