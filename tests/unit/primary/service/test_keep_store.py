"""The store on a disk that is nearly full."""

import asyncio
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from primary.service.keep_store import KeepStore
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.manifest import LEVEL_SNAPSHOT, LtxName
from replication.plan import plan
from replication.retention import Bounds, Needs
from tests.unit.replication.adapters.small_disk import small_disk

FILE_BYTES = 32 * 1024
DISK_KILOBYTES = 4_096
FLOOR_BYTES = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", DISK_KILOBYTES) as disk:
        yield disk


def put(store: Path, level: int, low: int, high: int) -> None:
    path = ltx_path(store, LtxName(level=level, min_txid=low, max_txid=high))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(FILE_BYTES))


def held(store: Path) -> dict[LtxName, int]:
    return {name: status.st_size for name, status in scan_ltx(store)}


def keeper(store: Path) -> KeepStore:
    bounds = Bounds(keep_bytes_max=10**12, free_bytes_min=FLOOR_BYTES)
    return KeepStore(store, bounds, lambda: Needs(approved_txid=0, connected_txid=0))


async def test_a_disk_that_fills_up_is_relieved_and_sites_still_find_their_way(disk: Path) -> None:
    store = disk / "store"
    for txid in range(1, 111):
        put(store, 0, txid, txid)
    put(store, 1, 1, 80)
    put(store, LEVEL_SNAPSHOT, 1, 80)
    keep = keeper(store)
    await keep.look()
    assert keep.problem == ""
    assert keep.last.deleted > 0
    assert keep.last.free_bytes >= FLOOR_BYTES
    assert plan(None, held(store))[-1].max_txid == 110
    before = held(store)
    await keep.look()
    assert held(store) == before


async def test_where_nothing_may_go_it_is_an_alarm_that_goes_by_itself(
    disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = disk / "store"
    put(store, LEVEL_SNAPSHOT, 1, 9)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(DISK_KILOBYTES * 1024 - FLOOR_BYTES))
    keep = keeper(store)
    for _ in range(3):
        await keep.look()
    assert "bytes are missing" in keep.problem
    assert len(held(store)) == 1
    ballast.unlink()
    await keep.look()
    assert keep.problem == ""
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


async def test_a_store_that_is_not_there_yet_is_no_problem(tmp_path: Path) -> None:
    bounds = Bounds(keep_bytes_max=10**12, free_bytes_min=0)
    keep = KeepStore(tmp_path / "none", bounds, lambda: Needs(approved_txid=0, connected_txid=0))
    task = asyncio.get_running_loop().create_task(keep.run())
    await keep.look()
    assert keep.problem == ""
    task.cancel()
