"""Packed copies of a store's files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from replication.adapters.ltx_folder import ltx_path
from replication.adapters.packed_folder import PackedFolder
from replication.errors import BadMessageError
from replication.manifest import LEVEL_SNAPSHOT, LtxName
from replication.packed_file import PIECE_BYTES, Unpacker
from tests.unit.replication.adapters.small_disk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

NAME = LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=9)
OTHER = LtxName(level=0, min_txid=10, max_txid=10)
CONTENT = bytes(range(256)) * 8_192


def put(store: Path, name: LtxName, content: bytes) -> None:
    path = ltx_path(store, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".tmp").write_bytes(content)
    path.with_suffix(".tmp").replace(path)


def given(folder: PackedFolder, name: LtxName, offset_bytes: int = 0) -> tuple[bytes, int] | None:
    opened = folder.open(name, offset_bytes)
    if opened is None:
        return None
    file, begins = opened
    with file:
        return b"".join(Unpacker().feed(file.read())), begins


def test_a_copy_is_given_from_any_byte_on(tmp_path: Path) -> None:
    put(tmp_path / "store", NAME, CONTENT)
    folder = PackedFolder(tmp_path / "packed", tmp_path / "store")
    assert given(folder, NAME) is None
    folder.make(NAME)
    folder.make(NAME)
    assert given(folder, NAME) == (CONTENT, 0)
    assert given(folder, NAME, PIECE_BYTES + 5) == (CONTENT[PIECE_BYTES:], PIECE_BYTES)


def test_a_snapshot_that_was_written_again_is_not_served_from_the_old_copy(tmp_path: Path) -> None:
    put(tmp_path / "store", NAME, CONTENT)
    folder = PackedFolder(tmp_path / "packed", tmp_path / "store")
    folder.make(NAME)
    put(tmp_path / "store", NAME, CONTENT[::-1])
    assert given(folder, NAME) is None
    folder.make(NAME)
    folder.keep([NAME])
    assert given(folder, NAME) == (CONTENT[::-1], 0)
    assert len(list((tmp_path / "packed").iterdir())) == 1


def test_only_what_is_wanted_is_kept(tmp_path: Path) -> None:
    folder = PackedFolder(tmp_path / "packed", tmp_path / "store")
    folder.keep([])
    for name in (NAME, OTHER):
        put(tmp_path / "store", name, CONTENT)
        folder.make(name)
    (tmp_path / "packed" / "half.part").touch()
    folder.keep([OTHER, LtxName(level=0, min_txid=11, max_txid=11)])
    assert given(folder, NAME) is None
    assert given(folder, OTHER) == (CONTENT, 0)
    assert len(list((tmp_path / "packed").iterdir())) == 1


def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    put(tmp_path / "store", NAME, os.urandom(2 * PIECE_BYTES))
    with small_disk(tmp_path / "disk", 1_024) as disk:
        folder = PackedFolder(disk / "packed", tmp_path / "store")
        with pytest.raises(OSError, match="No space"):
            folder.make(NAME)
        assert list((disk / "packed").iterdir()) == []


def test_a_copy_that_is_damaged_in_front_is_not_opened(tmp_path: Path) -> None:
    put(tmp_path / "store", NAME, CONTENT)
    folder = PackedFolder(tmp_path / "packed", tmp_path / "store")
    folder.make(NAME)
    (copy,) = (tmp_path / "packed").iterdir()
    copy.write_bytes(b"\xff" * 100)
    with pytest.raises(BadMessageError):
        folder.open(NAME, PIECE_BYTES)


def test_a_server_that_stops_does_not_wait_for_a_copy(tmp_path: Path) -> None:
    put(tmp_path / "store", NAME, CONTENT)
    folder = PackedFolder(tmp_path / "packed", tmp_path / "store")
    folder.close()
    folder.make(NAME)
    assert list((tmp_path / "packed").iterdir()) == []
