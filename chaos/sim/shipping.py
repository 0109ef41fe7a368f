"""litestream in a simulation: the commits of a directory become LTX files in a folder.

What it writes is what litestream 0.5.17 writes, as far as anybody can tell from the files: one of
level 0 per sync, a snapshot now and then, and after a restart the whole database as one step. The
pages are those of the real file. It compacts nothing: levels between come in the live scenarios.

Every state that was shipped is remembered by its hash, for the checker of promise 5. This memory
belongs to the simulation, not to the process that may die.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite

from chaos.live.page_history import comparable
from chaos.sim.whole_file import write_whole
from replication.adapters.litestream_process import LitestreamError
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.ltx import LtxHeader
from replication.ltx_write import write_ltx
from replication.manifest import LEVEL_SNAPSHOT, LtxName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from replication.ports import Clock

SNAPSHOT_EVERY: Final = 128
KEPT_SNAPSHOTS: Final = 2

Pages = tuple[bytes, ...]


class Shipped:
    """What the directory was at each TXID of each lineage: hashes of its content."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, int], str] = {}

    def note(self, lineage: str, txid: int, image: bytes) -> None:
        """The directory was this."""
        self._states[lineage, txid] = content_hash(image)

    def at(self, lineage: str, txid: int) -> str:
        """The hash of that state; '' where it never was."""
        return self._states.get((lineage, txid), "")


def content_hash(image: bytes) -> str:
    """Of a database file, without the bytes that each copy writes for itself.

    Among them those that say whether there is a WAL: readers here have none.
    """
    return hashlib.sha256(comparable(image[:18] + b"\1\1" + image[20:])).hexdigest()


class Shipping:
    """`primary.service.publish.Syncing` over the file `directory` and the folder `store`."""

    def __init__(
        self, directory: Path, store: Path, *, lineage: str, clock: Clock, shipped: Shipped
    ) -> None:
        self._directory = directory
        self._store = store
        self._lineage = lineage
        self._clock = clock
        self._shipped = shipped
        self._pages: Pages = ()
        self._txid = max((name.max_txid for name, _ in scan_ltx(store)), default=0)

    async def sync(self) -> int:
        """Have all commits in the store; its TXID. Errors: `LitestreamError`."""
        try:
            return await asyncio.to_thread(self._sync)
        except (OSError, sqlite.Error) as error:
            raise LitestreamError(f"litestream did not sync: {error}") from error

    def _sync(self) -> int:
        with closing(sqlite.connect(str(self._directory), isolation_level=None)) as connection:
            # Never the last to close: the primary has the file open.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        image = self._directory.read_bytes()
        page_size = int.from_bytes(image[16:18], "big")
        pages = tuple(image[at : at + page_size] for at in range(0, len(image), page_size))
        changed = {
            number: page
            for number, page in enumerate(pages, 1)
            if number > len(self._pages) or page != self._pages[number - 1]
        }
        if changed or len(pages) != len(self._pages):
            # A lone page 1 is never shipped without it: its change counter moves with each commit.
            self._write(0, self._txid + 1, changed, len(pages))
            self._txid += 1
            self._pages = pages
            self._shipped.note(self._lineage, self._txid, image)
            self._tidy()
        return self._txid

    def _tidy(self) -> None:
        if self._txid % SNAPSHOT_EVERY == 0 or self._txid == 1:
            self._write(
                LEVEL_SNAPSHOT, self._txid, dict(enumerate(self._pages, 1)), len(self._pages)
            )
            snapshots = sorted(
                name.max_txid for name, _ in scan_ltx(self._store) if name.is_snapshot
            )
            for old in snapshots[:-KEPT_SNAPSHOTS]:
                self._delete(LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=old))

    def _write(self, level: int, txid: int, pages: Mapping[int, bytes], page_count: int) -> None:
        min_txid = 1 if level == LEVEL_SNAPSHOT else txid
        header = LtxHeader(
            page_size=len(next(iter(pages.values()))),
            commit=page_count,
            min_txid=min_txid,
            max_txid=txid,
            timestamp_ms=self._clock.wall_ms(),
        )
        path = ltx_path(self._store, LtxName(level=level, min_txid=min_txid, max_txid=txid))
        write_whole(path, write_ltx(header, sorted(pages.items())))

    def _delete(self, name: LtxName) -> None:
        ltx_path(self._store, name).unlink(missing_ok=True)
