"""The whole way down on real parts: directory -> litestream -> mirror -> applier -> replica."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING

import pytest_asyncio
from sqlalchemy import text

from replication.adapters.replica import Replica
from replication.position import Position
from tests.integration.replication_world import (
    LINEAGE,
    ROWS,
    Primary,
    Site,
    reading,
    running,
    running_primary,
    running_site,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def primary(tmp_path: Path) -> AsyncIterator[Primary]:
    async with running_primary(tmp_path) as primary:
        yield primary


@pytest_asyncio.fixture
async def site(tmp_path: Path, primary: Primary) -> AsyncIterator[Site]:
    async with running_site(tmp_path, primary) as site:
        yield site


def random_change(draw: random.Random, number: int) -> list[str]:
    row = draw.randrange(ROWS)
    return draw.choice(
        [
            [f"UPDATE users SET note = 'changed {number}' WHERE id = {row}"],
            [f"UPDATE users SET note = hex(zeroblob({draw.randrange(20_000)})) WHERE id = {row}"],
            [f"ALTER TABLE users ADD COLUMN extra_{number} INTEGER DEFAULT {number}"],
            [f"CREATE INDEX ix_{number} ON users (note)"],
            [f"CREATE TABLE t_{number} (a)", f"INSERT INTO t_{number} VALUES (zeroblob(99999))"],
            ["DROP INDEX IF EXISTS ix_1", "DROP TABLE IF EXISTS t_2"],
        ]
    )


async def test_the_replica_equals_the_directory_at_every_txid(primary: Primary, site: Site) -> None:
    draw = random.Random(20_261)
    txids = []
    for number in range(20):
        primary.commit(*random_change(draw, number))
        if number == 12:
            for statement in ("DROP TABLE IF EXISTS t_4", "VACUUM"):
                primary.connection.execute(statement)
        txid, image = await primary.image()
        position = await site.catch_up(primary.manifest())
        assert position == Position(lineage=LINEAGE, txid=txid)
        assert await site.image() == image
        txids.append(txid)
    assert txids == sorted(set(txids))


async def test_a_replica_shrinks_with_its_directory(primary: Primary, site: Site) -> None:
    primary.connection.execute("CREATE TABLE big AS SELECT zeroblob(3000000) AS hole")
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    large = len(await site.image())
    for statement in ("DROP TABLE big", "VACUUM"):
        primary.connection.execute(statement)
    _, image = await primary.image()
    await site.catch_up(primary.manifest())
    assert len(image) < large - 2_500_000
    assert await site.image() == image


async def test_long_lived_readers_are_always_fresh_and_never_torn(
    primary: Primary, site: Site
) -> None:
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    with reading(site.replica_path) as reader, closing(Replica(site.replica_path)) as replica:
        for number in range(30):
            primary.commit(f"UPDATE users SET note = 'x' WHERE id < {number * 100}")
            head = await primary.litestream.sync()
            position = await site.catch_up(primary.manifest())
            assert position.txid == head
            with replica.snapshot() as snapshot:
                seen = snapshot.execute(text("SELECT max(version) FROM users")).scalar_one()
            assert seen == primary.version
            assert replica.position == position
    assert reader.wrong == []
    assert reader.seen[-1] == primary.version
    assert len(reader.seen) > 3


async def test_a_site_that_was_away_catches_up_and_another_starts_from_nothing(
    primary: Primary, site: Site, tmp_path: Path
) -> None:
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    for number in range(60):
        primary.commit(f"UPDATE users SET note = 'away' WHERE id = {number}")
        await primary.litestream.sync()
    txid, image = await primary.image()
    assert (await site.catch_up(primary.manifest())).txid == txid
    assert await site.image() == image
    (tmp_path / "lima").mkdir()
    other = Site(tmp_path / "lima", primary)
    async with running(other.applier.run()):
        assert (await other.catch_up(primary.manifest())).txid == txid
        assert await other.image() == image
