"""The primary's copy of a store: new files at once, compaction at the next list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters import store_copy
from replication.adapters.ltx_fetch import NotThereError, SourceDownError
from replication.adapters.ltx_folder import scan_ltx
from replication.adapters.store_copy import StoreCopy, StoreCopyError
from replication.manifest import LtxName
from tests.unit.replication.ltx_encoder import Ltx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from replication.adapters.ltx_fetch import Fetch

LINEAGE = "a" * 32


def named(level: int, low: int, high: int) -> LtxName:
    return LtxName(level=level, min_txid=low, max_txid=high)


class Store:
    """A store in memory with the litestream that writes there."""

    def __init__(self) -> None:
        self.files: dict[LtxName, bytes] = {}
        self.txid = 0
        self.fetched: list[LtxName] = []
        self.lists = 0
        self.prepared: list[str] = []
        self.error: Exception | None = None

    def add(self, level: int, low: int, high: int) -> LtxName:
        name = named(level, low, high)
        self.files[name] = Ltx(
            pages={1: bytes(512)}, min_txid=low, max_txid=high, commit=1
        ).encode()
        self.txid = max(self.txid, high)
        return name

    async def sync(self) -> int:
        return self.txid

    @property
    def fetch(self) -> Fetch:
        return self._fetch

    async def _fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        assert lineage == LINEAGE
        if self.error is not None:
            raise self.error
        if name not in self.files:
            raise NotThereError
        self.fetched.append(name)
        data = self.files[name][offset_bytes:]
        for at in range(0, len(data), 50):
            yield data[at : at + 50]

    async def names(self, lineage: str) -> dict[LtxName, int]:
        assert lineage == LINEAGE
        self.lists += 1
        return {name: len(data) for name, data in self.files.items()}

    async def prepare(self, lineage: str) -> None:
        if self.error is not None:
            raise self.error
        self.prepared.append(lineage)

    async def problem(self, lineage: str | None) -> str:
        return "" if lineage in {None, LINEAGE} else "no such lineage"

    async def close(self) -> None:
        pass


@pytest.fixture
def store() -> Store:
    store = Store()
    store.add(9, 1, 1)
    store.add(0, 1, 1)
    return store


def copy_of(store: Store, folder: Path) -> StoreCopy:
    return StoreCopy(litestream=store, source=store, lineage=LINEAGE, folder=folder)


def held(folder: Path) -> set[LtxName]:
    return {name for name, _ in scan_ltx(folder)}


async def test_the_first_sync_brings_everything_and_prepares_the_store(
    tmp_path: Path, store: Store
) -> None:
    copy = copy_of(store, tmp_path)
    assert await copy.sync() == 1
    assert held(tmp_path) == set(store.files)
    assert store.prepared == [LINEAGE]


async def test_a_change_is_one_request_and_no_list(tmp_path: Path, store: Store) -> None:
    copy = copy_of(store, tmp_path)
    await copy.sync()
    store.fetched.clear()
    new = store.add(0, 2, 2)
    assert await copy.sync() == 2
    assert store.fetched == [new]
    assert store.lists == 1
    assert store.prepared == [LINEAGE]


async def test_a_change_whose_file_has_another_name_is_found_in_the_list(
    tmp_path: Path, store: Store
) -> None:
    copy = copy_of(store, tmp_path)
    await copy.sync()
    merged = store.add(1, 2, 4)
    assert await copy.sync() == 4
    assert merged in held(tmp_path)
    assert store.lists == 2


async def test_what_went_from_the_store_goes_here_at_the_next_list(
    tmp_path: Path, store: Store
) -> None:
    await copy_of(store, tmp_path).sync()
    del store.files[named(0, 1, 1)]
    store.fetched.clear()
    await copy_of(store, tmp_path).sync()
    assert held(tmp_path) == {named(9, 1, 1)}
    assert store.fetched == []


async def test_what_is_no_ltx_file_is_never_vouched_for(tmp_path: Path, store: Store) -> None:
    copy = copy_of(store, tmp_path)
    await copy.sync()
    new = store.add(0, 2, 2)
    good = store.files[new]
    for bad in (b"", b"x", good[:-1], bytes([*good[:-1], good[-1] ^ 1])):
        store.files[new] = bad
        with pytest.raises(StoreCopyError):
            await copy.sync()
        assert new not in held(tmp_path)
        assert not list(tmp_path.rglob("*.part"))
    store.files[new] = good
    assert await copy.sync() == 2
    assert new in held(tmp_path)


async def test_a_store_out_of_reach_makes_the_change_late_and_not_lost(
    tmp_path: Path, store: Store
) -> None:
    copy = copy_of(store, tmp_path)
    store.error = SourceDownError("it burns")
    with pytest.raises(StoreCopyError, match="it burns"):
        await copy.sync()
    store.error = None
    await copy.sync()
    new = store.add(0, 2, 2)
    store.error = SourceDownError("it burns")
    with pytest.raises(StoreCopyError, match="it burns"):
        await copy.sync()
    store.error = None
    assert await copy.sync() == 2
    assert new in held(tmp_path)


async def test_after_many_changes_the_store_is_listed(tmp_path: Path, store: Store) -> None:
    copy = copy_of(store, tmp_path)
    await copy.sync()
    for txid in range(2, 3 + store_copy.DIRECT_FILES_MAX):
        store.add(0, txid, txid)
    await copy.sync()
    assert store.lists == 2
    assert held(tmp_path) == set(store.files)
