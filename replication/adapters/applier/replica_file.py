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
* Page 1 goes last. It carries the schema cookie, and the first statement after it reads the whole
  schema again; in the middle of the transaction that is half old, half new and "malformed".
  Shrinking must come later still, because a page write cancels it. So where the file shrinks, page
  1 goes with the old cookie, then the tail, then the cookie alone. (Both in one statement looks
  right and is not: at its end SQLite takes the new size from page 1, finds nothing left to cut off,
  and the file keeps its tail for ever.)
* After the commit the page cache is emptied. SQLite does not know that pages changed below its
  b-trees, and would read the new schema by what it remembers of the old pages.
* Bytes 18 and 19 of page 1 are set to 2: a database that leaves WAL mode under its readers is no
  longer readable. Bytes 72..91 hold the stamp (`stamp.py`), for which page 1 is written each time.
  SQLite itself rewrites bytes 24..27 and 92..99 (change counter, version). Everything else equals
  the primary.
* `writable_schema=ON`: a schema that this SQLite cannot parse (the primary's is newer) must not
  stop pages.
* Only this process writes or checkpoints: sqlean's SQLite 3.50.4 has the WAL-reset bug that takes
  two. Checkpoints are PASSIVE, so they never make a reader wait.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlean

from replication.adapters.applier.stamp import Stamp, read_stamp, stamped
from replication.errors import ReplicationError, StorageError, StorageFullError
from replication.ltx import lock_page

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from pathlib import Path

    from replication.position import Position

CHECKPOINT_PAGES: Final = 1_000
"""Pages in the WAL before they are copied into the file: 4 MB, SQLite's own default."""
WAL_BYTES_KEPT: Final = 16 * 1024 * 1024
"""What a WAL shrinks to after one large transaction."""
CACHE_KIB: Final = 16 * 1024
BUSY_TIMEOUT_S: Final = 5.0
WAL_FRAME_HEADER_BYTES: Final = 24
COOKIE: Final = slice(40, 44)
"""Where page 1 counts the changes of the schema."""

_GET: Final = "SELECT data FROM sqlite_dbpage WHERE pgno = ?"
_PUT: Final = "INSERT INTO sqlite_dbpage(pgno, data) VALUES (?, ?)"
_SHRINK: Final = "INSERT INTO sqlite_dbpage(pgno, data) VALUES (?, NULL)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The pages that bring a replica from one TXID to another."""

    page_size: int
    commit: int
    """Pages in the database afterwards."""
    pages: Iterable[tuple[int, bytes]]
    """Number and image of each page but the first. Read once, inside the transaction."""
    first_page: bytes | None
    """Page 1, if it changed."""
    position: Position
    """Where the replica stands with it."""


def holes(held: Container[int], size_before: int, commit: int, page_size: int) -> list[int]:
    """Pages by which a file grows without an image: free pages that SQLite never wrote."""
    locked = lock_page(page_size)
    return [
        number
        for number in range(size_before + 1, commit + 1)
        if number not in held and number != locked
    ]


class ReplicaDamagedError(ReplicationError):
    """The replica's file is not a sound database. It is set aside and made anew from the mirror."""


class PageSizeError(ReplicationError):
    """The directory's page size changed: the replica is made anew beside the one that is read."""


class ReplicaFile:
    """Writes `path`. One per process, one process per replica."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: Any = None
        self._inode = 0
        self._unchecked_pages = 0
        if path.exists() and path.stat().st_size > 0:
            self._open()

    @property
    def is_there(self) -> bool:
        """Whether the file that is open still has its name; also where none is open yet."""
        try:
            return self._connection is None or self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    @property
    def page_count(self) -> int:
        """Its size; 0 where nothing was ever applied."""
        if self._connection is None:
            return 0
        count = self._number("page_count")
        return 0 if count <= 1 else count

    @property
    def page_size(self) -> int:
        """In bytes; 0 where nothing was ever applied."""
        return 0 if self._connection is None else self._number("page_size")

    @property
    def wal_path(self) -> Path:
        """Where its WAL lies."""
        return self._path.with_name(self._path.name + "-wal")

    def complaint(self) -> str:
        """The first thing that SQLite's `quick_check` finds wrong; '' where all is well."""
        try:
            with _translating():
                verdict = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except ReplicaDamagedError as error:
            return str(error.__cause__)
        return "" if verdict == "ok" else str(verdict)

    @property
    def stamp(self) -> Stamp | None:
        """Where its pages are; None where nothing says so. Errors: `ReplicaDamagedError`."""
        return None if self.page_count == 0 else read_stamp(self.page(1))

    def page(self, page_number: int) -> bytes:
        """The image of a page as it is now. Errors: `ReplicaDamagedError` where there is none."""
        with _translating():
            row = self._connection.execute(_GET, (page_number,)).fetchone()
        if row is None:
            raise ReplicaDamagedError
        image: bytes = row[0]
        return image

    def write(self, change: Change) -> None:
        """Write all of `change` in one transaction; durable on return.

        Errors: `PageSizeError`, `StorageFullError`, `StorageError`, `ReplicaDamagedError`, and
        whatever reading the pages raises. Nothing is written then.
        """
        before = self.page_count
        self._ensure(change.page_size, is_empty=before == 0)
        with _translating(), self._transaction():
            self._connection.executemany(_PUT, change.pages)
            shrinks = before > change.commit
            self._finish(change, shrinks=shrinks)
        with _translating():
            forget = ("writable_schema=RESET", "writable_schema=ON") if shrinks else ()
            for pragma in ("shrink_memory", *forget):
                self._connection.execute(f"PRAGMA {pragma}")
            after = self._number("page_count")
        if after != change.commit:
            raise ReplicaDamagedError(f"It has {after} pages instead of {change.commit}.")

    def _finish(self, change: Change, *, shrinks: bool) -> None:
        """Page 1, then the new length."""
        first, beyond = change.first_page or self.page(1), change.commit + 1
        first = stamped(first[:18] + b"\x02\x02" + first[20:], change.position)
        if not shrinks:
            self._connection.execute(_PUT, (1, first))
            return
        kept = self.page(1)[COOKIE]
        self._connection.execute(_PUT, (1, first[: COOKIE.start] + kept + first[COOKIE.stop :]))
        self._connection.execute(_SHRINK, (beyond,))
        cookie = int.from_bytes(first[COOKIE], "big", signed=True)
        self._connection.execute(f"PRAGMA schema_version={cookie}")

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

    def settle(self) -> None:
        """Copy the whole WAL into the file, as far as readers let it; synced on return."""
        if self._connection is not None:
            with _translating():
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

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
            self._inode = self._path.stat().st_ino
            self._unchecked_pages = self._pages_in_wal()

    def _pages_in_wal(self) -> int:
        wal = self.wal_path
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
