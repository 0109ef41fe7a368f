"""Which files headquarters packs, and which copies it keeps."""

import logging
import os
from pathlib import Path

import pytest

from primary.service.pack_files import PACKED_BYTES_MIN, PackFiles
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.packed_folder import PackedFolder
from replication.manifest import LEVEL_SNAPSHOT, LtxName

SNAPSHOT = LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=9)


class World:
    """A store, its packed copies, and who keeps them."""

    def __init__(self, folder: Path, free_bytes_min: int = 0) -> None:
        self.store = folder / "store"
        self.folder = folder / "packed"
        self.pack = PackFiles(
            PackedFolder(self.folder, self.store), folder, self.sizes, free_bytes_min
        )

    def sizes(self) -> dict[LtxName, int]:
        return {name: status.st_size for name, status in scan_ltx(self.store)}

    def put(self, name: LtxName, size_bytes: int) -> None:
        path = ltx_path(self.store, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size_bytes))

    def copies(self) -> list[str]:
        there = self.folder.exists()
        return sorted(path.name.split(".")[0] for path in self.folder.iterdir()) if there else []


def level_0(txid: int) -> LtxName:
    return LtxName(level=0, min_txid=txid, max_txid=txid)


def copy_of(name: LtxName) -> str:
    return f"{name.level}-{name.min_txid:016x}-{name.max_txid:016x}"


async def test_the_large_files_on_the_way_from_nothing_are_packed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put(SNAPSHOT, 4 * PACKED_BYTES_MIN)
    world.put(level_0(9), 4 * PACKED_BYTES_MIN)  # the snapshot covers it
    world.put(level_0(10), PACKED_BYTES_MIN)
    world.put(level_0(11), PACKED_BYTES_MIN - 1)
    await world.pack.look()
    assert world.copies() == [copy_of(level_0(10)), copy_of(SNAPSHOT)]


async def test_a_newer_snapshot_takes_the_place_of_the_copies_before_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put(SNAPSHOT, PACKED_BYTES_MIN)
    world.put(level_0(10), PACKED_BYTES_MIN)
    await world.pack.look()
    newer = LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=10)
    world.put(newer, PACKED_BYTES_MIN)
    await world.pack.look()
    assert world.copies() == [copy_of(newer)]


async def test_a_store_that_leads_nowhere_is_not_packed(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.pack.look()
    world.put(level_0(10), PACKED_BYTES_MIN)
    await world.pack.look()
    assert world.copies() == []


async def test_a_disk_near_its_floor_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path, free_bytes_min=10**18)
    world.put(SNAPSHOT, PACKED_BYTES_MIN)
    await world.pack.look()
    assert world.copies() == []


async def test_a_folder_that_cannot_be_written_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world = World(tmp_path)
    world.put(SNAPSHOT, PACKED_BYTES_MIN)
    world.folder.write_text("in the way")
    await world.pack.look()
    await world.pack.look()
    world.folder.unlink()
    await world.pack.look()
    assert world.copies() == [copy_of(SNAPSHOT)]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
