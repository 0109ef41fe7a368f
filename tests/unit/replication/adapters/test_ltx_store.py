from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from replication.adapters.ltx_folder import ltx_path
from replication.adapters.ltx_store import LtxStore, list_store
from replication.manifest import LtxName, ManifestEntry

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, level: int, low: int, high: int, data: bytes) -> ManifestEntry:
    name = LtxName(level=level, min_txid=low, max_txid=high)
    path = ltx_path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return ManifestEntry(name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def test_a_store_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert list_store(tmp_path / "none") == ()


def test_every_file_is_listed_and_nothing_else(tmp_path: Path) -> None:
    snapshot = put(tmp_path, 9, 1, 2, b"snapshot")
    second = put(tmp_path, 0, 2, 2, b"second")
    first = put(tmp_path, 0, 1, 1, b"first")
    (tmp_path / "ltx" / "0" / "0000000000000003-0000000000000003.ltx.tmp").write_bytes(b"half")
    assert list_store(tmp_path) == (first, second, snapshot)


def test_a_snapshot_written_again_under_its_name_gets_its_new_digest(tmp_path: Path) -> None:
    put(tmp_path, 9, 1, 2, b"snapshot")
    store = LtxStore(tmp_path)
    before = store.entries()
    again = put(tmp_path, 9, 1, 2, b"Snapshot")
    assert store.entries() == (again,)
    assert before != (again,)


def test_a_file_is_read_only_once(tmp_path: Path) -> None:
    entry = put(tmp_path, 0, 1, 1, b"first")
    store = LtxStore(tmp_path)
    store.entries()
    path = store.path(entry.name)
    status = path.stat()
    path.write_bytes(b"other")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.entries() == (entry,)


def test_a_deleted_file_is_no_longer_listed(tmp_path: Path) -> None:
    entry = put(tmp_path, 0, 1, 1, b"first")
    store = LtxStore(tmp_path)
    store.entries()
    store.path(entry.name).unlink()
    assert store.entries() == ()


def test_new_transactions_are_found_by_their_names(tmp_path: Path) -> None:
    files = [put(tmp_path, 0, n, n, b"%d" % n) for n in range(1, 6)]
    assert LtxStore(tmp_path).entries_after(3, 5) == tuple(files[3:])
    assert LtxStore(tmp_path).entries_after(5, 5) == ()


@pytest.mark.parametrize("after", [1, 2])
def test_where_a_name_is_missing_the_list_shows_the_way(tmp_path: Path, after: int) -> None:
    put(tmp_path, 0, 1, 1, b"1")
    bridge = put(tmp_path, 1, 2, 4, b"2-4")
    last = put(tmp_path, 0, 5, 5, b"5")
    assert LtxStore(tmp_path).entries_after(after, 5) == (bridge, last)


def test_a_long_way_is_listed_at_once(tmp_path: Path) -> None:
    bridge = put(tmp_path, 3, 1, 9_000, b"1-9000")
    assert LtxStore(tmp_path).entries_after(1, 9_000) == (bridge,)
