"""Litestream itself, as we start it: its syncs, its files, its stops."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest_asyncio

from replication.adapters.litestream_local import KEPT_TXIDS, TIDY_TXIDS
from replication.adapters.litestream_process import LitestreamOptions
from replication.adapters.ltx_folder import scan_ltx
from replication.ltx import read_ltx
from tests.integration.replication_world import (
    Primary,
    running,
    running_primary,
)
from tests.unit.replication.ltx_encoder import Ltx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def primary(tmp_path: Path) -> AsyncIterator[Primary]:
    async with running_primary(tmp_path) as primary:
        yield primary


async def test_syncs_are_shared_and_each_covers_the_commits_before_it(primary: Primary) -> None:
    await primary.litestream.sync()
    before = len(primary.store.entries())
    heads: list[int] = []

    async def commit_and_sync() -> None:
        primary.commit()
        heads.append(await primary.litestream.sync())

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(commit_and_sync())
    assert len(heads) == 50
    assert max(heads) == await primary.litestream.sync()
    assert len(primary.store.entries()) - before <= 4


async def test_a_sync_without_a_commit_keeps_the_txid(primary: Primary) -> None:
    first = await primary.litestream.sync()
    assert await primary.litestream.sync() == first


async def test_the_reader_and_the_tests_encoder_agree_with_litestream(tmp_path: Path) -> None:
    options = LitestreamOptions(snapshot_interval="1s")
    primary = Primary(tmp_path, options)
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            async with asyncio.timeout(30):
                while not any(name.is_snapshot for name, _ in scan_ltx(tmp_path / "store")):
                    primary.commit()
                    await primary.litestream.sync()
                    await asyncio.sleep(0.1)
    read = 0
    for name, _ in scan_ltx(tmp_path / "store"):
        data = primary.store.path(name).read_bytes()
        file = read_ltx(data, str(name))
        assert (file.header.min_txid, file.header.max_txid) == (name.min_txid, name.max_txid)
        again = Ltx(
            pages=dict(file.pages()),
            min_txid=name.min_txid,
            max_txid=name.max_txid,
            commit=file.header.commit,
            page_size=file.header.page_size,
        ).encode()
        # Another LZ4 packs otherwise, and the times differ; what is said of the pages does not.
        copy = read_ltx(again)
        assert dict(copy.pages()) == dict(file.pages())
        read += 1
    assert read > 3


async def test_litestream_stops_with_its_server_and_starts_again_where_it_was(
    tmp_path: Path,
) -> None:
    primary = Primary(tmp_path)
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            first = await primary.litestream.sync()
        primary.commit()
        async with running(primary.litestream.run()):
            assert await primary.litestream.sync() > first
    assert (tmp_path / "run" / "litestream.json").stat().st_mode & 0o077 == 0


def own_files(tmp_path: Path) -> int:
    folders = list(tmp_path.glob(".*-litestream"))
    assert len(folders) == 1
    return sum(1 for name, _ in scan_ltx(folders[0]) if name.level == 0)


async def test_litestream_goes_on_without_its_own_copies_of_what_the_store_has(
    tmp_path: Path,
) -> None:
    """Compaction takes them from the store, and a restart ships no whole database."""
    primary = Primary(tmp_path, LitestreamOptions(levels=("1s", "1h", "2h")))

    def compacted_to() -> int:
        names = [name for name, _ in scan_ltx(tmp_path / "store")]
        return max((name.max_txid for name in names if name.level == 1), default=0)

    async def step() -> int:
        primary.connection.execute("UPDATE users SET version = version + 1 WHERE id = 7")
        return await primary.litestream.sync()

    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            while (txid := await step()) <= 4 * TIDY_TXIDS:
                pass
            async with asyncio.timeout(30):
                while own_files(tmp_path) > TIDY_TXIDS + KEPT_TXIDS or compacted_to() < txid:
                    await step()
            txid_at_restart = await step()
        async with running(primary.litestream.run()):
            await primary.litestream.sync()
            last = await step()
    steps = {n.max_txid: s.st_size for n, s in scan_ltx(tmp_path / "store") if n.level == 0}
    assert set(range(2, last + 1)) <= steps.keys()
    assert max(size for txid, size in steps.items() if txid > txid_at_restart) < steps[1] / 2
