"""The way down while programs are killed and bits flip: late perhaps, but never wrong."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest_asyncio

from replication.adapters.child_process import ChildNotRunningError
from replication.adapters.ltx_folder import ltx_path
from replication.ltx import LtxError, read_ltx
from tests.integration.replication_world import (
    LINEAGE,
    Primary,
    Site,
    reading,
    running_primary,
    running_site,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

    from replication.adapters.applier_process import Applied

KILL_ROUNDS = 8


@pytest_asyncio.fixture
async def primary(tmp_path: Path) -> AsyncIterator[Primary]:
    async with running_primary(tmp_path) as primary:
        yield primary


@pytest_asyncio.fixture
async def site(tmp_path: Path, primary: Primary) -> AsyncIterator[Site]:
    async with running_site(tmp_path, primary) as site:
        yield site


async def test_an_applier_that_is_killed_anywhere_leaves_a_replica_that_is_whole(
    primary: Primary, site: Site
) -> None:
    draw = random.Random(99)
    loop = asyncio.get_running_loop()
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    died, took_s = 0, 0.02
    with reading(site.replica_path) as reader:
        for _ in range(KILL_ROUNDS):
            primary.commit("UPDATE users SET note = hex(randomblob(300))")
            txid, image = await primary.image()
            await site.mirror.pull(primary.manifest())
            async with asyncio.TaskGroup() as group:
                apply = group.create_task(outcome(site.applier.apply(LINEAGE, txid)))
                await asyncio.sleep(draw.uniform(0, took_s))
                site.applier.child.kill()
            died += apply.result() is None
            started_s = loop.time()
            position = await site.catch_up(primary.manifest())
            took_s = max(took_s, min(loop.time() - started_s, 0.1))
            assert position.txid == txid
            assert await site.image() == image
    assert reader.wrong == []
    assert died > 0


async def outcome(work: Coroutine[Any, Any, Applied]) -> Applied | None:
    """The result of `work`; None where the program died over it."""
    try:
        return await work
    except ChildNotRunningError:
        return None


async def test_after_a_killed_litestream_and_writes_meanwhile_the_replica_catches_up(
    primary: Primary, site: Site
) -> None:
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    for _ in range(2):
        primary.litestream.child.kill()
        primary.commit("UPDATE users SET note = 'written while litestream was dead' WHERE id = 7")
        txid, image = await primary.image()
        position = await site.catch_up(primary.manifest())
        assert position.txid == txid
        assert await site.image() == image
    assert primary.litestream.child.restarts == 2


async def test_a_flipped_bit_is_refused_fetched_again_and_never_applied(
    primary: Primary, site: Site
) -> None:
    draw = random.Random(5)
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    with reading(site.replica_path) as reader:
        for _ in range(5):
            primary.commit("UPDATE users SET note = hex(randomblob(20))")
            txid, image = await primary.image()
            new = await site.mirror.pull(primary.manifest())
            name = draw.choice(new)
            flip_a_bit(ltx_path(site.mirror_folder / LINEAGE, name), draw)
            position = await site.catch_up(primary.manifest())
            assert site.refused.pop() == str(name)
            assert position.txid == txid
            assert await site.image() == image
    assert reader.wrong == []


def flip_a_bit(path: Path, draw: random.Random) -> None:
    """Flip a bit that matters: the checksum covers pages, and LZ4 can say one page in many ways."""
    sound = path.read_bytes()
    while True:
        data = bytearray(sound)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        try:
            read_ltx(bytes(data))
        except LtxError:
            return
