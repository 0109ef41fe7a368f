"""The primary's own copy of a store that is not a folder: in S3 or NATS.

Theory of operation
-------------------
litestream 0.5 writes one replica of a database, so where that is in S3 or NATS nothing lies in a
folder here. But the primary has to say what the store holds, with sizes and SHA-256, and the page
deltas are made from the newest files. So after each sync the new files are read back from the store
into a folder, which then is what the folder of litestream otherwise is: listed, digested, served,
followed by the shadow. What the primary vouches for is thus what really lies in the store, read
through the same client and with litestream's own checksum proved.

A sync writes one file of level 0, whose name is known: that is one request for each change. What
compaction does is seen when the store is listed, once a minute; files that went from the store go
here, too.

Rejected: asking the store for its digests (S3's ETag is none, and NATS has another), and listing
without reading (the manifest would vouch for nothing).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Protocol

from replication.adapters.litestream_process import LitestreamError
from replication.adapters.ltx_fetch import NotThereError, SourceDownError, WrongBytesError
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.part_file import PART_SUFFIX, PartFile
from replication.ltx import LtxError, read_ltx
from replication.manifest import LtxName

if TYPE_CHECKING:
    from pathlib import Path

    from replication.adapters.ltx_fetch import Source

log = logging.getLogger(__name__)

LIST_MS: Final = 60_000
DIRECT_FILES_MAX: Final = 100
"""Beyond so many new TXIDs the store is listed."""


class Syncing(Protocol):
    """litestream, as it is needed here."""

    async def sync(self) -> int:
        """Have all commits written to the store; return its TXID. Errors: `LitestreamError`."""
        ...


class StoreCopyError(LitestreamError):
    """The store took the changes and does not give them back. Sites get them later."""


class StoreCopy:
    """Keeps `folder` what `source` holds of `lineage`. One task at a time may call `sync`."""

    def __init__(self, *, litestream: Syncing, source: Source, lineage: str, folder: Path) -> None:
        self._litestream = litestream
        self._source = source
        self._lineage = lineage
        self._folder = folder
        self._held: dict[LtxName, int] | None = None
        self._is_prepared = False
        self._txid = 0
        self._listed_s: float | None = None

    async def sync(self) -> int:
        """Have all commits written to the store and read back; return the store's TXID.

        Errors: `LitestreamError`.
        """
        await self.prepare()
        txid = await self._litestream.sync()
        try:
            await self._follow(txid)
        except (SourceDownError, NotThereError, WrongBytesError, LtxError, OSError) as error:
            raise StoreCopyError(f"{StoreCopyError.__doc__} ({error})") from error
        self._txid = txid
        return txid

    def forget(self) -> None:
        """The folder lost files: bring what the store has, at the next sync."""
        self._held, self._listed_s = None, None

    async def prepare(self) -> None:
        """Have what litestream needs in the store before it writes; done once.

        Errors: `LitestreamError`.
        """
        if self._is_prepared:
            return
        try:
            await self._source.prepare(self._lineage)
        except SourceDownError as error:
            raise StoreCopyError(str(error)) from error
        self._is_prepared = True

    async def _follow(self, txid: int) -> None:
        if self._held is None:
            self._held = await asyncio.to_thread(_load, self._folder)
        now_s = asyncio.get_running_loop().time()
        is_due = self._listed_s is None or now_s >= self._listed_s + LIST_MS / 1000
        if is_due or not await self._directly(txid, self._held):
            await self._from_list(self._held)
            self._listed_s = now_s

    async def _directly(self, txid: int, held: dict[LtxName, int]) -> bool:
        """Whether the new files of level 0 are here, one for each TXID."""
        if not self._txid <= txid <= self._txid + DIRECT_FILES_MAX:
            return False
        for each in range(self._txid + 1, txid + 1):
            name = LtxName(level=0, min_txid=each, max_txid=each)
            try:
                if name not in held:
                    held[name] = await self._bring(name)
            except NotThereError:
                return False
        return True

    async def _from_list(self, held: dict[LtxName, int]) -> None:
        there = await self._source.names(self._lineage)
        for name in sorted(there, key=lambda name: (name.max_txid, name.level)):
            if held.get(name) != there[name]:
                try:
                    held[name] = await self._bring(name)
                except NotThereError:  # compacted since it was listed
                    continue
        gone = [name for name in held if name not in there]
        for name in gone:
            del held[name]
        paths = [ltx_path(self._folder, name) for name in gone]
        await asyncio.to_thread(_unlink_all, paths)

    async def _bring(self, name: LtxName) -> int:
        """Have the file here; its size."""
        file = PartFile(ltx_path(self._folder, name))
        size_bytes = 0
        try:
            async with aclosing(self._source.fetch(name, self._lineage)) as pieces:
                async for piece in pieces:
                    size_bytes += len(piece)
                    await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_prove, file, str(name))
            await asyncio.to_thread(file.finish, b"")
        finally:
            if not file.finished:
                await asyncio.to_thread(file.discard)
        return size_bytes


def _load(folder: Path) -> dict[LtxName, int]:
    for part in folder.glob(f"ltx/*/*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)
    return {name: status.st_size for name, status in scan_ltx(folder)}


def _prove(file: PartFile, name: str) -> None:
    try:
        with file.part.open("rb") as source:
            read_ltx(source, name)
    except FileNotFoundError as error:
        raise WrongBytesError(f"{name} is empty in the store.") from error


def _unlink_all(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
