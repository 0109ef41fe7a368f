"""Transfers that are cut: they go on where they stopped, and only towards the same bytes."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from replication.adapters.downloads import LinkDownError
from replication.adapters.ltx_fetch import WrongBytesError
from replication.adapters.ltx_folder import ltx_path
from replication.adapters.ltx_mirror import Mirror
from replication.adapters.ltx_receiver import BUFFER_BYTES, PARTS_MAX, LtxReceiver
from replication.manifest import LtxName, Manifest, ManifestEntry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

LINEAGE = "a" * 32
PIECE_BYTES = 100_000
WHOLE_BYTES = 2 * BUFFER_BYTES + 300_000


def entry_of(data: bytes, txid: int = 1) -> ManifestEntry:
    name = LtxName(level=9, min_txid=1, max_txid=txid)
    return ManifestEntry(name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


class Source:
    """Serves one file, and breaks off after so many bytes of each answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.cut_after: int | None = None
        self.offsets: list[int] = []

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        assert lineage == LINEAGE
        assert name.is_snapshot
        self.offsets.append(offset_bytes)
        end = len(self.data) if self.cut_after is None else offset_bytes + self.cut_after
        for at in range(offset_bytes, min(end, len(self.data)), PIECE_BYTES):
            yield self.data[at : min(at + PIECE_BYTES, end)]
        if end < len(self.data):
            raise LinkDownError


@pytest.fixture
def source() -> Source:
    return Source(os.urandom(WHOLE_BYTES))


async def cut(source: Source, receiver: LtxReceiver, root: Path, after: int) -> ManifestEntry:
    entry = entry_of(source.data)
    source.cut_after = after
    with pytest.raises(LinkDownError):
        await receiver.receive(root, entry)
    source.cut_after = None
    return entry


def parts(root: Path) -> list[Path]:
    return list(root.rglob("*.part"))


async def test_a_cut_transfer_goes_on_where_it_stopped(tmp_path: Path, source: Source) -> None:
    root = tmp_path / LINEAGE
    receiver = LtxReceiver(source.fetch)
    entry = await cut(source, receiver, root, BUFFER_BYTES + 12_345)
    await cut(source, receiver, root, 500_000)
    assert not ltx_path(root, entry.name).exists()
    await receiver.receive(root, entry)
    assert ltx_path(root, entry.name).read_bytes() == source.data
    assert source.offsets == [0, BUFFER_BYTES + 12_345, BUFFER_BYTES + 512_345]
    assert receiver.resumed == 2
    assert parts(root) == []


async def test_it_goes_on_after_a_restart_too(tmp_path: Path, source: Source) -> None:
    root = tmp_path / LINEAGE
    entry = await cut(source, LtxReceiver(source.fetch), root, 1_500_000)
    mirror = Mirror(tmp_path, source.fetch)
    assert await mirror.pull(Manifest(lineage=LINEAGE, entries=(entry,))) == [entry.name]
    assert source.offsets == [0, 1_500_000]
    assert ltx_path(root, entry.name).read_bytes() == source.data


async def test_a_transfer_that_was_cut_before_its_last_byte_was_named_asks_for_nothing(
    tmp_path: Path, source: Source
) -> None:
    root = tmp_path / LINEAGE
    entry = await cut(source, LtxReceiver(source.fetch), root, WHOLE_BYTES - 1)
    (part,) = parts(root)
    part.write_bytes(source.data)
    receiver = LtxReceiver(source.fetch)
    receiver.load(root)
    await receiver.receive(root, entry)
    assert source.offsets == [0]


async def test_a_spoilt_part_is_thrown_away_once_and_the_file_begins_anew(
    tmp_path: Path, source: Source
) -> None:
    root = tmp_path / LINEAGE
    receiver = LtxReceiver(source.fetch)
    entry = await cut(source, receiver, root, 700_000)
    (part,) = parts(root)
    part.write_bytes(bytes(700_000))  # what a power cut may leave
    await receiver.receive(root, entry)
    assert ltx_path(root, entry.name).read_bytes() == source.data
    assert source.offsets == [0, 700_000, 0]
    assert parts(root) == []


async def test_a_source_whose_bytes_are_wrong_is_asked_once_more_only(
    tmp_path: Path, source: Source
) -> None:
    root = tmp_path / LINEAGE
    receiver = LtxReceiver(source.fetch)
    entry = await cut(source, receiver, root, 700_000)
    source.data = os.urandom(WHOLE_BYTES)
    with pytest.raises(WrongBytesError):
        await receiver.receive(root, entry)
    assert source.offsets == [0, 700_000, 0]
    assert parts(root) == []


async def test_a_file_that_was_written_anew_is_not_continued_with_the_old_one(
    tmp_path: Path, source: Source
) -> None:
    root = tmp_path / LINEAGE
    receiver = LtxReceiver(source.fetch)
    await cut(source, receiver, root, 700_000)
    source.data = os.urandom(WHOLE_BYTES)
    entry = entry_of(source.data)
    await receiver.receive(root, entry)
    assert source.offsets == [0, 0]
    assert ltx_path(root, entry.name).read_bytes() == source.data


async def test_parts_are_few_and_the_oldest_goes(tmp_path: Path, source: Source) -> None:
    root = tmp_path / LINEAGE
    receiver = LtxReceiver(source.fetch)
    source.cut_after = 1_000
    for txid in range(1, PARTS_MAX + 4):
        with pytest.raises(LinkDownError):
            await receiver.receive(root, entry_of(source.data, txid))
    kept = {part.name[17:33] for part in parts(root)}
    assert kept == {f"{txid:016x}" for txid in range(4, PARTS_MAX + 4)}
    for txid in range(9, 12):
        (root / "ltx" / "9" / f"{txid}.ltx.part").write_bytes(b"of an older version")
    LtxReceiver(source.fetch).load(root)
    assert len(parts(root)) == PARTS_MAX


async def test_a_transfer_that_brought_nothing_leaves_nothing(
    tmp_path: Path, source: Source
) -> None:
    await cut(source, LtxReceiver(source.fetch), tmp_path / LINEAGE, 0)
    assert parts(tmp_path) == []
