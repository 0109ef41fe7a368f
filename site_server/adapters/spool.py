"""The folder with the documents that this site was entrusted with.

Theory of operation. A document is written under a temporary name, hashed on the way, and gets its
real name, the UUID of its job, only when it is whole and fsynced; then the folder is fsynced. So a
file with a UUID for a name is a whole document, after any crash, and everything else is swept at
the start. The caller says "yes" to nobody before `commit` has returned.

The free-space floor keeps the last of the disk for the database: it is checked before a document is
begun and before every write. A full disk leaves nothing behind and is over when space returns.

All file work runs in threads, in pieces of at least `BUFFER_BYTES`: a thread hop per network chunk
would cost more than the write.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID, uuid4

from site_server.errors import SpoolError, SpoolFullError

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path
    from types import TracebackType

BUFFER_BYTES: Final = 262_144
TEMPORARY_PREFIX: Final = "incoming-"
BYTES_MIN_FREE: Final = 1_073_741_824
"""1 GiB: below this the health check of every print manager we looked at is red."""

_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A whole document, durable on the disk."""

    path: Path
    bytes: int
    sha256: str


class Spool:
    """The documents in one folder. One process owns the folder."""

    def __init__(self, folder: Path, *, bytes_min_free: int = BYTES_MIN_FREE) -> None:
        self._folder = folder
        self._bytes_min_free = bytes_min_free

    async def start(self) -> int:
        """Make the folder and delete what a crash left half written; how many files that was.

        Raises:
            SpoolError: the folder cannot be used.

        """
        return await asyncio.to_thread(_make, self._folder)

    def path(self, job_uuid: str) -> Path:
        """Where the document of this job lies, if it is there."""
        return self._folder / str(UUID(job_uuid))

    async def open(self) -> SpoolWriter:
        """Begin a document.

        Raises:
            SpoolFullError: the disk is below its floor. Nothing was accepted.

        """
        try:
            await asyncio.to_thread(_check_space, self._folder, self._bytes_min_free)
        except OSError as error:
            raise _translated(error) from error
        path = self._folder / f"{TEMPORARY_PREFIX}{uuid4().hex}"
        return SpoolWriter(path, bytes_min_free=self._bytes_min_free)

    async def remove(self, job_uuid: str) -> None:
        """Delete a document, if it is there."""
        await asyncio.to_thread(self.path(job_uuid).unlink, missing_ok=True)

    async def job_uuids(self) -> frozenset[str]:
        """The jobs whose document is here: what the store does not know of may be removed."""
        names = await asyncio.to_thread(os.listdir, self._folder)
        return frozenset(name for name in names if not name.startswith(TEMPORARY_PREFIX))


class SpoolWriter:
    """One document on its way in. Ends with `commit` or `abort`; leaving the context aborts.

    The file is made by the first write, under the lock that `abort` waits for: so a caller that is
    canceled at any moment leaves nothing behind.
    """

    def __init__(self, path: Path, *, bytes_min_free: int) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._bytes_min_free = bytes_min_free
        self._hash = hashlib.sha256()
        self._pending = bytearray()
        self._bytes = 0
        self._is_over = False
        self._lock = Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.abort()

    @property
    def bytes_written(self) -> int:
        """How much was taken so far."""
        return self._bytes + len(self._pending)

    async def write(self, chunk: bytes) -> None:
        """Take some more bytes.

        Raises:
            SpoolFullError: there is no room. Everything written so far is removed.

        """
        self._check_open()
        self._pending += chunk
        if len(self._pending) >= BUFFER_BYTES:
            await self._guarded(self._flush)

    async def commit(self, job_uuid: str) -> Spooled:
        """Make the document durable under the name of its job.

        Raises:
            SpoolFullError: there is no room. Everything written so far is removed.

        """
        self._check_open()
        target = self._path.with_name(str(UUID(job_uuid)))
        await self._guarded(lambda: self._finish(target))
        self._is_over = True
        return Spooled(path=target, bytes=self._bytes, sha256=self._hash.hexdigest())

    async def abort(self) -> None:
        """Forget everything; after `commit` or another `abort` this does nothing."""
        if self._is_over:
            return
        self._is_over = True
        await asyncio.shield(asyncio.to_thread(self._discard))

    def _check_open(self) -> None:
        if self._is_over:
            message = "This document is committed or aborted already."
            raise SpoolError(message)

    async def _guarded(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except OSError as error:
            await self.abort()
            raise _translated(error) from error
        except SpoolFullError:
            await self.abort()
            raise

    def _flush(self) -> None:
        with self._lock:
            self._write_pending()

    def _write_pending(self) -> FileIO:
        if self._file is None:
            self._file = self._path.open("xb", buffering=0)
        _check_space(self._path.parent, self._bytes_min_free + len(self._pending))
        self._hash.update(self._pending)
        rest = bytes(self._pending)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._bytes += len(self._pending)
        self._pending.clear()
        return self._file

    def _finish(self, target: Path) -> None:
        with self._lock:
            file = self._write_pending()
            os.fsync(file.fileno())
            file.close()
            self._path.rename(target)
            self._path = target
            _fsync_folder(target.parent)

    def _discard(self) -> None:
        """A canceled `write` or `commit` may still be at work in its thread: wait for it."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._path.unlink(missing_ok=True)


def _make(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        leftovers = list(folder.glob(f"{TEMPORARY_PREFIX}*"))
        for path in leftovers:
            path.unlink()
        _fsync_folder(folder)
    except OSError as error:
        raise _translated(error) from error
    return len(leftovers)


def _check_space(folder: Path, bytes_needed: int) -> None:
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < bytes_needed:
        raise SpoolFullError


def _fsync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _translated(error: OSError) -> SpoolError:
    if error.errno in _NO_SPACE:
        return SpoolFullError()
    return SpoolError(f"The spool folder cannot be used: {error}")
