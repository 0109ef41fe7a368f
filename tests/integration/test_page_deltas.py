"""Page deltas on real parts: litestream, TLS, the link, the applier; and what a bad one does."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from chaos.live.relay import RelayMaker
from primary.service.deltas import Deltas
from replication.adapters.shadow import Shadow
from tests.integration.link_tools import (
    ADA,
    PATIENCE_S,
    balance_at,
    joined,
    session_with,
    site_context,
    status_of,
    until,
)
from tests.integration.link_world import (
    LOOPBACK,
    PrimaryEnd,
    SiteEnd,
    primary_end,
    site_end,
)
from tests.unit.replication.adapters.database_pages import database_image

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(60)


class DamagedDeltas(Deltas):
    """Deltas that a bit flips in on the way."""

    async def follow(self, base_txid: int, txid: int) -> bytes | None:
        data = await super().follow(base_txid, txid)
        return None if data is None else data[:-1] + bytes([data[-1] ^ 1])

    async def between(self, base_txid: int, txid: int) -> tuple[bytes, ...]:
        return tuple(data[:-1] + b"?" for data in await super().between(base_txid, txid))


def damaged(folder: Path) -> Deltas:
    return DamagedDeltas(
        shadow=Shadow(folder / "shadow.pages", folder / "store"), store=folder / "store"
    )


async def changed(primary: PrimaryEnd, site: SiteEnd, count: int, first: int = 0) -> None:
    """So many changes, each seen at the site before the next."""
    for number in range(first, first + count):
        await primary.credit(ADA, 1_000_000, f"request {number}")
        await until(lambda: balance_at(site) == primary.directory.balance_micros(ADA))


async def same(primary: PrimaryEnd, site: SiteEnd, folder: Path) -> bool:
    """Whether the replica equals the directory, byte for byte of its content."""
    await until(lambda: site.follow.done == primary.publisher.head().txid)
    replica = await asyncio.to_thread(database_image, folder / "replica.db")
    directory = await asyncio.to_thread(database_image, primary.directory.path)
    return replica == directory


async def test_a_site_at_the_head_follows_by_deltas(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: site.replica.ready)
            await changed(primary, site, 1)
            before = site.follow.deltas.applied
            # Twice as many as are asked for: on a busy machine a delta may come too late.
            await changed(primary, site, 20, first=1)
            await until(lambda: site.follow.deltas.applied >= before + 10)
            assert site.follow.deltas.refused == 0
            assert await same(primary, site, tmp_path / "site")


async def test_a_replica_that_was_lost_is_rebuilt_without_a_wan_from_what_deltas_brought(
    tmp_path: Path,
) -> None:
    wans = RelayMaker()
    async with primary_end(tmp_path / "hq") as primary:
        wan = await wans.open("oslo", primary.port)
        identity = await joined(primary, tmp_path)
        begin = partial(site_end, identity, tmp_path / "site", port=wan.listen_port)
        async with begin() as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: site.replica.ready)
            await changed(primary, site, 8)
            assert site.follow.deltas.applied > 0
            await until(lambda: site.follow.done == primary.publisher.head().txid)
            was, position = balance_at(site), site.follow.position
        await wan.cut()
        for lost in (tmp_path / "site").glob("replica.*"):
            lost.unlink()
        async with begin() as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: site.replica.ready)
            await until(lambda: site.follow.position == position)
            assert balance_at(site) == was
            await wan.heal()
            await until(lambda: site.follow.done == primary.publisher.head().txid)
            assert await same(primary, site, tmp_path / "site")
        await wans.close()


async def test_a_site_that_was_away_comes_back_by_deltas(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: site.replica.ready)
        told = primary.publisher.head().txid
        for number in range(30):
            await primary.credit(ADA, 1_000, f"away {number}")
        await until(lambda: primary.publisher.head().txid > told)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: balance_at(site) == primary.directory.balance_micros(ADA))
            # Readers see what was applied before the applier says so: it keeps the file first.
            await until(lambda: site.follow.deltas.applied > 0)
            assert await same(primary, site, tmp_path / "site")


async def test_damaged_deltas_are_refused_and_the_site_takes_the_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with primary_end(tmp_path / "hq", make_deltas=damaged) as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: site.replica.ready)
            await changed(primary, site, 5)
            assert site.follow.deltas.applied == 0
            assert site.follow.deltas.refused > 0
            assert await same(primary, site, tmp_path / "site")
    told = [record for record in caplog.records if "delta is refused" in record.message]
    assert len(told) == 1


async def test_a_site_that_does_not_know_deltas_is_told_heads(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with (
            site_end(identity, tmp_path / "site", takes_deltas=False) as site,
            asyncio.timeout(PATIENCE_S),
        ):
            await until(lambda: site.replica.ready)
            before = site.follow.deltas.applied
            await changed(primary, site, 5)
            assert site.follow.deltas.applied == before
            assert await same(primary, site, tmp_path / "site")


async def test_a_primary_that_makes_no_deltas_is_followed_by_files(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", make_deltas=lambda _: None) as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await until(lambda: site.replica.ready)
            await changed(primary, site, 5)
            assert site.follow.deltas.applied == 0
            assert await same(primary, site, tmp_path / "site")


async def test_deltas_are_given_between_txids_that_the_store_knows_and_to_sites_only(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        await until(lambda: primary.publisher.head().txid > 0)
        await primary.credit(ADA, 1, "one")
        await until(lambda: primary.publisher.head().txid > 1)
        context, head = site_context(identity), primary.publisher.head()
        path = f"/v1/ltx/delta/{head.lineage}"
        for span in (f"{head.txid}-{head.txid}", f"1-{head.txid + 9}", "0-1", "2-1", "1"):
            assert await status_of(context, primary.port, f"{path}/{span}") == 404
        other = f"/v1/ltx/delta/{'0' * 32}/1-{head.txid}"
        assert await status_of(context, primary.port, other) == 404
        async with session_with(context) as session:
            url = f"https://{LOOPBACK}:{primary.port}{path}/1-{head.txid}"
            async with session.get(url) as response:
                assert (response.status, (await response.read())[4:8]) == (200, b"HFD1")
        await primary.directory.fence("oslo", "a person wants to look")
        assert await status_of(context, primary.port, f"{path}/1-{head.txid}") == 403
