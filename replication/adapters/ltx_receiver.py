"""Files on their way into the mirror: each arrives whole and proved, or not at all.

Theory of operation
-------------------
A thin line breaks more often than a snapshot takes to come over it. So what a cut left is kept as a
part file, over a new connection and over a restart of this server, and the next attempt asks only
for the rest. Nobody vouches for a part: it was never synced, and the source may have another file
under that name by now. The SHA-256 of the manifest judges, as it does for every file: it stands in
the part's name, so a part is only continued towards the same bytes, and the whole is digested
before it gets its name. Where a continued file is wrong, its part is thrown away and the file is
fetched anew, once; where a fresh one is wrong, the source is (`WrongBytesError`).

Parts are few (`PARTS_MAX`): one download is under way at a time, and a newer snapshot may take the
place of one that was half here.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_fetch import NotThereError, WrongBytesError
from replication.adapters.ltx_folder import ltx_path
from replication.adapters.part_file import DIGEST_DIGITS, PART_SUFFIX, PartFile
from replication.errors import StorageFullError

if TYPE_CHECKING:
    from pathlib import Path

    from replication.adapters.ltx_fetch import Fetch
    from replication.manifest import ManifestEntry

log = logging.getLogger(__name__)

BUFFER_BYTES: Final = 1024 * 1024
"""Collected in memory before a thread writes it."""
PARTS_MAX: Final = 3
_PART_NAME: Final = re.compile(rf".+\.ltx\.[0-9a-f]{{{DIGEST_DIGITS}}}{re.escape(PART_SUFFIX)}")


class LtxReceiver:
    """Brings files with `fetch`. One task at a time may use it."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._parts: list[Path] = []
        self.received_bytes = 0
        """What came since this process began."""
        self.resumed = 0
        """Transfers that went on where they had been cut, since this process began."""

    def load(self, root: Path) -> None:
        """Know the parts below `root`, the mirror of one lineage; delete all but the newest."""
        found = sorted(
            root.glob(f"ltx/*/*{PART_SUFFIX}"), key=lambda part: (part.stat().st_mtime_ns, part)
        )
        kept = [part for part in found if _PART_NAME.fullmatch(part.name)][-PARTS_MAX:]
        for part in set(found) - set(kept):
            part.unlink(missing_ok=True)
        self._parts = kept

    async def receive(self, root: Path, entry: ManifestEntry) -> None:
        """Have the file of `entry` below `root`, whose name is the lineage.

        Errors: `NotThereError`, `WrongBytesError`, `StorageFullError`, and those of `fetch`.
        """
        path = ltx_path(root, entry.name)
        file = PartFile(path, entry.sha256)
        is_continued = file.part in self._parts
        try:
            await self._bring(root.name, entry, file)
        except WrongBytesError as error:
            if not is_continued:
                raise
            log.info("what was left of a transfer cannot be continued, it begins anew: %s", error)
            await self._bring(root.name, entry, PartFile(path, entry.sha256))

    async def _bring(self, lineage: str, entry: ManifestEntry, file: PartFile) -> None:
        body = _Body(entry)
        may_go_on = True
        try:
            if file.part in self._parts:
                self._parts.remove(file.part)
                await asyncio.to_thread(_take_up, file, body)
                self.resumed += 1
            await self._stream(lineage, body, file)
        except (NotThereError, WrongBytesError):
            may_go_on = False
            raise
        except OSError as error:
            may_go_on = False
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFullError from error
            raise
        finally:
            if not file.finished and may_go_on:
                await self._keep(file, body.waiting())
            elif not file.finished:
                await asyncio.to_thread(file.discard)

    async def _stream(self, lineage: str, body: _Body, file: PartFile) -> None:
        if body.size_bytes < body.entry.size_bytes:
            source = self._fetch(body.entry.name, lineage, body.size_bytes)
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    self.received_bytes += len(piece)
                    body.add(piece)
                    if body.is_much:
                        await asyncio.to_thread(file.write, body.waiting())
        body.prove()
        await asyncio.to_thread(file.finish, body.waiting())

    async def _keep(self, file: PartFile, data: bytes) -> None:
        try:
            is_something = await asyncio.to_thread(file.leave, data)
        except OSError:  # a full disk, after a cut: there is nothing worth keeping
            await asyncio.to_thread(file.discard)
            return
        if not is_something:
            return
        self._parts.append(file.part)
        while len(self._parts) > PARTS_MAX:
            oldest = self._parts.pop(0)
            await asyncio.to_thread(oldest.unlink, missing_ok=True)


class _Body:
    """What has arrived of a file."""

    def __init__(self, entry: ManifestEntry) -> None:
        self.entry = entry
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        self._waiting = bytearray()

    @property
    def is_much(self) -> bool:
        """Whether enough waits to be worth a write."""
        return len(self._waiting) >= BUFFER_BYTES

    def add(self, piece: bytes) -> None:
        """Take a piece that is to be written. Errors: `WrongBytesError`."""
        self.count(piece)
        if self.size_bytes > self.entry.size_bytes:
            raise WrongBytesError(f"{self.entry.name} is longer than the manifest says.")
        self._waiting += piece

    def count(self, piece: bytes) -> None:
        """Take a piece that is on the disk already."""
        self.size_bytes += len(piece)
        self._digest.update(piece)

    def waiting(self) -> bytes:
        """What is to be written, once."""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data

    def prove(self) -> None:
        """Errors: `WrongBytesError`, where this is not the file that was asked for."""
        entry = self.entry
        if self.size_bytes != entry.size_bytes or self._digest.hexdigest() != entry.sha256:
            raise WrongBytesError(f"{entry.name} arrived with other bytes than the manifest says.")


def _take_up(file: PartFile, body: _Body) -> None:
    for piece in file.resume():
        body.count(piece)
