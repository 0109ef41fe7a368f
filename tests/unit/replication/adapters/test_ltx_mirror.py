from __future__ import annotations

import errno
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replication.adapters.ltx_fetch import NotThereError, WrongBytesError
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.ltx_mirror import Mirror
from replication.errors import StorageFullError
from replication.manifest import LtxName, Manifest, ManifestEntry
from replication.plan import GapError
from replication.position import Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

LINEAGE = "a" * 32
OTHER = "b" * 32


def named(level: int, low: int, high: int) -> LtxName:
    return LtxName(level=level, min_txid=low, max_txid=high)


class Primary:
    """A store in memory. Its files are no LTX files: the mirror does not look inside."""

    def __init__(self, lineage: str = LINEAGE) -> None:
        self.lineage = lineage
        self.files: dict[LtxName, bytes] = {}
        self.fetched: list[LtxName] = []
        self.asked: list[int] = []
        self.sent: dict[LtxName, bytes] = {}
        self.error: Exception | None = None

    def add(self, level: int, low: int, high: int, size_bytes: int = 100) -> LtxName:
        name = named(level, low, high)
        self.files[name] = f"{name} {self.lineage} ".encode().ljust(size_bytes, b".")
        return name

    def manifest(self, *names: LtxName) -> Manifest:
        entries = tuple(
            ManifestEntry(name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in self.files.items()
            if not names or name in names
        )
        return Manifest(lineage=self.lineage, entries=entries)

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        assert lineage == self.lineage
        self.fetched.append(name)
        data = self.sent.get(name, self.files.get(name))
        if data is None:
            raise NotThereError
        self.asked.append(offset_bytes)
        data = data[offset_bytes:]
        yield data[:40]
        if self.error is not None:
            raise self.error
        for at in range(40, len(data), 1_000_000):
            yield data[at : at + 1_000_000]


def held(folder: Path, lineage: str = LINEAGE) -> set[LtxName]:
    return {name for name, _ in scan_ltx(folder / lineage)}


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".ltx"]


def at(txid: int, lineage: str = LINEAGE) -> Position:
    return Position(lineage=lineage, txid=txid)


@pytest.fixture
def primary() -> Primary:
    primary = Primary()
    primary.add(9, 1, 3, size_bytes=50_000)
    for txid in range(4, 8):
        primary.add(0, txid, txid)
    return primary


async def test_the_first_pull_brings_a_base_and_what_follows_oldest_first(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    new = await mirror.pull(primary.manifest())
    assert new == [named(9, 1, 3), *(named(0, n, n) for n in range(4, 8))]
    for name in new:
        assert ltx_path(tmp_path / LINEAGE, name).read_bytes() == primary.files[name]
    assert left_over(tmp_path) == []


async def test_a_second_pull_brings_only_what_is_new(tmp_path: Path, primary: Primary) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    assert await mirror.pull(primary.manifest()) == []
    new = primary.add(0, 8, 8)
    assert await mirror.pull(primary.manifest(new)) == [new]


async def test_a_restarted_mirror_knows_what_it_holds(tmp_path: Path, primary: Primary) -> None:
    await Mirror(tmp_path, primary.fetch).pull(primary.manifest())
    primary.fetched.clear()
    new = primary.add(0, 8, 8)
    assert await Mirror(tmp_path, primary.fetch, at(7)).pull(primary.manifest()) == [new]
    assert primary.fetched == [new]


async def test_an_empty_store_brings_nothing(tmp_path: Path) -> None:
    primary = Primary()
    assert await Mirror(tmp_path, primary.fetch).pull(primary.manifest()) == []


async def test_a_part_of_the_manifest_that_does_not_reach_back_asks_for_the_whole(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    with pytest.raises(GapError):
        await mirror.pull(primary.manifest(named(0, 7, 7)))
    assert held(tmp_path) == set()
    await mirror.pull(primary.manifest())
    assert named(0, 7, 7) in held(tmp_path)


async def test_what_the_replica_needs_comes_before_a_lost_base(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch, at(5))
    new = await mirror.pull(primary.manifest())
    assert new == [named(0, 6, 6), named(0, 7, 7), named(9, 1, 3), named(0, 4, 4), named(0, 5, 5)]


async def test_a_large_file_arrives_in_pieces(tmp_path: Path) -> None:
    primary = Primary()
    name = primary.add(9, 1, 1, size_bytes=5_300_000)
    await Mirror(tmp_path, primary.fetch).pull(primary.manifest())
    assert ltx_path(tmp_path / LINEAGE, name).read_bytes() == primary.files[name]


async def test_a_compacted_file_asks_for_a_new_list_and_keeps_what_came_before(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    manifest = primary.manifest()
    for txid in (5, 6):
        del primary.files[named(0, txid, txid)]
    with pytest.raises(NotThereError):
        await mirror.pull(manifest)
    assert held(tmp_path) == {named(9, 1, 3), named(0, 4, 4)}
    bridge = primary.add(1, 4, 6)
    assert await mirror.pull(primary.manifest()) == [bridge, named(0, 7, 7)]


@pytest.mark.parametrize("sent", [b"", b"x" * 100, b"x" * 99, b"x" * 2_000_000])
async def test_other_bytes_than_promised_are_never_kept(
    tmp_path: Path, primary: Primary, sent: bytes
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    name = named(0, 5, 5)
    primary.sent[name] = sent
    with pytest.raises(WrongBytesError):
        await mirror.pull(primary.manifest())
    assert name not in held(tmp_path)
    assert left_over(tmp_path) == []
    primary.sent.clear()
    assert (await mirror.pull(primary.manifest()))[0] == name


async def test_a_full_disk_leaves_nothing_half_and_works_again_later(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    primary.error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StorageFullError):
        await mirror.pull(primary.manifest())
    assert held(tmp_path) == set()
    assert left_over(tmp_path) == []
    primary.error = None
    assert len(await mirror.pull(primary.manifest())) == 5


async def test_what_a_crash_left_unfinished_is_deleted(tmp_path: Path, primary: Primary) -> None:
    part = ltx_path(tmp_path / LINEAGE, named(0, 4, 4)).with_suffix(".ltx.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    await Mirror(tmp_path, primary.fetch).pull(primary.manifest())
    assert left_over(tmp_path) == []


async def test_a_damaged_file_is_dropped_and_fetched_again(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch, at(5))
    await mirror.pull(primary.manifest())
    await mirror.drop([str(named(0, 6, 6))])
    assert named(0, 6, 6) not in held(tmp_path)
    assert await mirror.pull(primary.manifest()) == [named(0, 6, 6)]


async def test_a_chain_that_outweighs_its_base_moves_to_a_newer_snapshot(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    assert not mirror.overweight
    primary.add(0, 8, 8, size_bytes=60_000)
    newer = primary.add(9, 1, 7, size_bytes=50_000)
    assert await mirror.pull(primary.manifest(named(0, 8, 8))) == [named(0, 8, 8)]
    assert mirror.overweight
    assert await mirror.pull(primary.manifest()) == [newer]
    # Nothing is deleted before the replica has it.
    assert named(9, 1, 3) in held(tmp_path)
    await mirror.applied(at(6))
    assert named(9, 1, 3) in held(tmp_path)
    await mirror.applied(at(8))
    assert held(tmp_path) == {newer, named(0, 8, 8)}
    primary.add(0, 9, 9)
    assert await mirror.pull(primary.manifest()) == [named(0, 9, 9)]


async def test_a_light_chain_keeps_its_base(tmp_path: Path, primary: Primary) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    primary.add(9, 1, 7, size_bytes=50_000)
    assert await mirror.pull(primary.manifest()) == []


async def test_the_files_of_a_former_lineage_go_once_the_new_one_is_applied(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    await mirror.applied(at(7))
    new = Primary(OTHER)
    base = new.add(0, 1, 1)
    both = Mirror(tmp_path, new.fetch, at(7))
    assert await both.pull(new.manifest()) == [base]
    assert held(tmp_path)
    await both.applied(at(1, OTHER))
    assert not (tmp_path / LINEAGE).exists()
    assert held(tmp_path, OTHER) == {base}


async def test_an_older_head_brings_nothing(tmp_path: Path, primary: Primary) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    await mirror.applied(at(7))
    older = replace(primary.manifest(), entries=primary.manifest().entries[:2])
    assert await mirror.pull(older) == []
