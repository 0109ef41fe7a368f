"""Months of litestream's retention in seconds: litestream itself, told to keep nothing for long.

Its intervals are of the real clock, so a headquarters whose clock was moved would keep what months
would have deleted. While headquarters is stopped, the same program works on the same store until
nothing leads from a TXID to the present any more but a snapshot.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite

from chaos.live.waiting import until
from replication.adapters.litestream_process import LitestreamOptions, LitestreamProcess
from replication.adapters.ltx_folder import scan_ltx

if TYPE_CHECKING:
    from pathlib import Path

    from replication.manifest import LtxName

QUICK: Final = LitestreamOptions(
    l0_retention="1s", snapshot_interval="1s", snapshot_retention="2s", levels=("1s", "2s", "3s")
)
WITHIN_MS: Final = 60_000


async def forget_the_past(data_folder: Path, txid: int) -> str:
    """Delete what leads on from `txid`; the name of the oldest file that is left."""
    store = data_folder / "store"
    litestream = LitestreamProcess(
        directory_path=data_folder / "directory.db",
        store=store,
        runtime_folder=data_folder / "litestream",
        options=QUICK,
    )

    async def forgotten() -> LtxName | None:
        await asyncio.to_thread(_beat, data_folder / "directory.db")
        await litestream.sync()
        return _oldest_beyond(store, txid)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(litestream.run())
        oldest = await until(forgotten, "the store to forget", within_ms=WITHIN_MS, every_ms=300)
        running.cancel()
    return str(oldest)


def _beat(path: Path) -> None:
    """A commit, as headquarters makes one every few seconds: snapshots need something new."""
    with closing(sqlite.connect(str(path), timeout=5, isolation_level=None)) as directory:
        directory.execute("PRAGMA wal_autocheckpoint=0")
        directory.execute("UPDATE heartbeat SET wall_ms = wall_ms + 1")


def _oldest_beyond(store: Path, txid: int) -> LtxName | None:
    """The oldest file, once none but snapshots begins before `txid` + 2."""
    names = sorted((name for name, _ in scan_ltx(store)), key=lambda name: name.min_txid)
    leads_on = [name for name in names if not name.is_snapshot and name.min_txid <= txid + 1]
    snapshots = [name for name in names if name.is_snapshot and name.max_txid > txid]
    return names[0] if snapshots and not leads_on else None
