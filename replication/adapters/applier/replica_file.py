"""The replica as a file to write: pages in, through SQLite's own pager.

Theory of operation
-------------------
`INSERT INTO sqlite_dbpage` hands page images to SQLite, which commits them as one transaction of a
WAL database. So readers see whole transactions only, are never blocked, and a kill at any
instruction leaves either the old or the new state. Writing into the file beside SQLite (what
litestream's follower does) gives up all three.

* `synchronous=FULL`: the commit must be on the disk before the position is. A position that
  survives a power cut which its pages did not would skip those pages for ever; pages without their
  position are only written again.
* Page 1 goes last. It carries the schema cookie; were it written first, SQLite would re-read a
  schema that is half old and half new in the middle of the transaction. Shrinking goes after it,
  because a page write cancels it.
* Bytes 18 and 19 of page 1 are set to 2: a database that leaves WAL mode under its readers is no
  longer readable. SQLite itself rewrites bytes 24..27 and 92..99 (change counter, version).
  Everything else equals the primary.
* `writable_schema=ON`: a schema that this SQLite cannot parse (the primary's is newer) must not
  stop pages.
* Only this process writes or checkpoints: sqlean's SQLite 3.50.4 has the WAL-reset bug that takes
  two. Checkpoints are PASSIVE, so they never make a reader wait.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import sqlean

from replication.errors import ReplicationError, StorageError, StorageFullError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHECKPOINT_PAGES: Final = 1_000
"""Pages in the WAL before they are copied into the file: 4 MB, SQLite's own default."""
WAL_BYTES_KEPT: Final = 16 * 1024 * 1024
"""What a WAL shrinks to after one large transaction."""
CACHE_KIB: Final = 16 * 1024
BUSY_TIMEOUT_S: Final = 5.0
WAL_FRAME_HEADER_BYTES: Final = 24

_PUT: Final = "INSERT INTO sqlite_dbpage(pgno, data) VALUES (?, ?)"
_SHRINK: Final = "INSERT INTO sqlite_dbpage(pgno, data) VALUES (?, NULL)"


class ReplicaDamagedError(ReplicationError):
    """The replica's file is not a sound database.

    Stop the site server, delete replica.db, replica.db-wal and replica.db-shm, start it: the
    replica is made anew from the mirror.
    """


class PageSizeError(ReplicationError):
    """The directory's page size changed, which a replica cannot follow while it is read.

    Stop the site server, delete replica.db, replica.db-wal and replica.db-shm, start it.
    """


class ReplicaFile:
    """Writes `path`. One per process, one process per replica."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: Any = None
        self._unchecked_pages = 0
        if path.exists() and path.stat().st_size > 0:
            self._open()

    @property
    def page_count(self) -> int:
        """Its size; 0 where nothing was ever applied."""
        if self._connection is None:
            return 0
        count = self._number("page_count")
        return 0 if count <= 1 else count

    def write(self, pages: Iterable[tuple[int, bytes]], *, page_size: int, commit: int) -> None:
        """Write `pages` (page 1, if any, last) and make the file `commit` pages long, at once.

        Errors: `PageSizeError`, `StorageFullError`, `ReplicaDamagedError`; whatever `pages` raises.
        Nothing is written then.
        """
        before = self.page_count
        self._ensure(page_size, is_empty=before == 0)
        with _translating(), self._transaction():
            self._connection.executemany(_PUT, ((number, image) for number, image in pages))
            if before > commit:
                self._connection.execute(_SHRINK, (commit + 1,))
        with _translating():
            after = self._number("page_count")
        if after != commit:
            raise ReplicaDamagedError(f"It has {after} pages instead of {commit}.")

    def checkpoint(self, written_pages: int) -> None:
        """Copy the WAL into the file if enough was written. Readers are not disturbed."""
        self._unchecked_pages += written_pages
        if self._connection is None or self._unchecked_pages < CHECKPOINT_PAGES:
            return
        with _translating():
            _, in_wal, copied = self._connection.execute(
                "PRAGMA wal_checkpoint(PASSIVE)"
            ).fetchone()
        self._unchecked_pages = in_wal - copied

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ensure(self, page_size: int, *, is_empty: bool) -> None:
        """Open the file with that page size; make it where nothing was ever applied."""
        if self._connection is not None and self._number("page_size") != page_size:
            if not is_empty:
                raise PageSizeError
            self.close()
        if self._connection is None:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._open(page_size)

    def _open(self, page_size: int | None = None) -> None:
        with _translating():
            self._connection = sqlean.connect(
                str(self._path), timeout=BUSY_TIMEOUT_S, isolation_level=None
            )
            if page_size is not None:
                self._connection.execute(f"PRAGMA page_size={page_size}")
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "wal_autocheckpoint=0",
                f"journal_size_limit={WAL_BYTES_KEPT}",
                f"cache_size=-{CACHE_KIB}",
                "trusted_schema=OFF",
                "writable_schema=ON",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
            self._unchecked_pages = self._pages_in_wal()

    def _pages_in_wal(self) -> int:
        wal = self._path.with_name(self._path.name + "-wal")
        size_bytes = wal.stat().st_size if wal.exists() else 0
        return size_bytes // (self._number("page_size") + WAL_FRAME_HEADER_BYTES)

    def _number(self, pragma: str) -> int:
        return int(self._connection.execute(f"PRAGMA {pragma}").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlean.Error):
                self._connection.execute("ROLLBACK")
            raise


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except sqlean.Error as error:
        said = str(error)
        if "disk is full" in said:
            raise StorageFullError from error
        if "malformed" in said or "not a database" in said:
            raise ReplicaDamagedError from error
        raise StorageError(f"SQLite did not write the replica: {said}") from error
