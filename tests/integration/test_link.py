"""The site link end to end: journal up, directory down, registers sideways, cuts and fences."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chaos.live.relay import RelayMaker
from failure_modes.vocabulary import LinkState
from replication.testing import MemoryJournal
from tests.integration.link_world import primary_end, site_end

if TYPE_CHECKING:
    from pathlib import Path

from tests.integration.link_tools import (
    ADA,
    PATIENCE_S,
    balance_at,
    copied,
    expired,
    held_job,
    joined,
    site_context,
    status_of,
    until,
)

pytestmark = pytest.mark.timeout(60)


async def test_a_new_site_joins_copies_the_directory_and_hands_in_its_journal(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await site.watch.wait_for(LinkState.ONLINE)
            opening = balance_at(site)
            assert opening == primary.directory.balance_micros(ADA)
            for number in range(3):
                site.journal.append(copied(number, cost_micros=1_000))
            await until(lambda: balance_at(site) == opening - 3_000)
            assert site.exchange.done == 3
            assert primary.directory.watermark("oslo", identity.epoch).seq == 3


async def test_a_change_at_headquarters_is_seen_at_the_site_within_moments(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await site.watch.wait_for(LinkState.ONLINE)
            before = balance_at(site)
            for number in range(10):
                await primary.credit(ADA, 1_000_000, f"request {number}")
                await until(lambda: balance_at(site) == primary.directory.balance_micros(ADA))
            assert balance_at(site) == before + 10_000_000


async def test_a_held_job_of_one_site_is_in_the_index_of_the_other(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        oslo = await joined(primary, tmp_path / "o", "oslo")
        lima = await joined(primary, tmp_path / "l", "lima")
        async with (
            site_end(oslo, tmp_path / "o" / "site") as at_oslo,
            site_end(lima, tmp_path / "l" / "site") as at_lima,
            asyncio.timeout(PATIENCE_S),
        ):
            job = held_job(1, "oslo")
            await at_oslo.registers.put_held_job(job)
            while await at_lima.registers.held_jobs() != (job,):
                await at_lima.registers.wait_beyond(at_lima.registers.versions)
            await at_oslo.registers.drop_held_job(job.job_uuid)
            while await at_lima.registers.held_jobs():
                await at_lima.registers.wait_beyond(at_lima.registers.versions)
            assert await primary.registers.held_jobs() == ()


async def test_a_wan_that_goes_silent_is_noticed_and_its_healing_too(tmp_path: Path) -> None:
    wans = RelayMaker()
    async with primary_end(tmp_path / "hq") as primary:
        wan = await wans.open("oslo", primary.port)
        identity = await joined(primary, tmp_path)
        async with (
            site_end(identity, tmp_path / "site", port=wan.listen_port) as site,
            asyncio.timeout(PATIENCE_S),
        ):
            await site.watch.wait_for(LinkState.ONLINE)
            opening = balance_at(site)
            await wan.cut()
            site.journal.append(copied(1, cost_micros=5_000))
            await primary.credit(ADA, 7_000, "while the WAN was cut")
            await site.watch.wait_for(LinkState.OFFLINE)
            assert balance_at(site) == opening
            await wan.heal()
            await site.watch.wait_for(LinkState.ONLINE)
            await until(lambda: balance_at(site) == opening + 2_000)
            assert site.exchange.done == 1
        await wans.close()


async def test_a_restarted_site_goes_on_where_it_was_and_nothing_counts_twice(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        opening = primary.directory.balance_micros(ADA)
        for number in range(3):
            journal.append(copied(number, cost_micros=1_000))
            async with site_end(identity, tmp_path / "site", journal=journal) as site:
                await until(lambda: site.exchange.done == journal.head().seq)
        assert primary.directory.balance_micros(ADA) == (opening or 0) - 3_000


async def test_a_site_without_its_wan_rebuilds_a_lost_replica_from_its_mirror(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site:
            await until(lambda: site.replica.ready)
            was = balance_at(site)
    for lost in (tmp_path / "site").glob("replica.*"):
        lost.unlink()
    async with site_end(identity, tmp_path / "site") as site:
        await until(lambda: site.replica.ready)
        assert balance_at(site) == was


async def test_a_cloned_site_is_fenced_told_why_and_stops_calling(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        journal.append(copied(1))
        journal.append(copied(2))
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: site.exchange.done == 2)
            clone = MemoryJournal(site_name="oslo", epoch=identity.epoch)
            clone.append(copied(1))
            clone.append(copied(9))
            clone.append(copied(10))
        async with site_end(identity, tmp_path / "site", journal=clone) as site:
            await until(lambda: "cloned" in site.client.refusal)
            row = primary.directory.site("oslo")
            assert row is not None
            assert row.state == "fenced"
            assert row.state_reason == site.client.refusal
            assert primary.directory.watermark("oslo", identity.epoch).seq == 2
        assert await status_of(site_context(identity), primary.port, "/v1/ltx/manifest") == 403


async def test_a_journal_that_lost_its_end_is_fenced_before_it_grows_again(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        for number in range(5):
            journal.append(copied(number))
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: site.exchange.done == 5)
        journal.cut_back(3)
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: "rolled back" in site.client.refusal)


async def test_the_old_installation_of_a_site_that_joined_again_is_refused(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        old = await joined(primary, tmp_path / "old")
        new = await joined(primary, tmp_path / "new")
        assert (old.epoch, new.epoch) == (1, 2)
        async with site_end(old, tmp_path / "old" / "site") as site:
            await until(lambda: "installed anew" in site.client.refusal)
        async with site_end(new, tmp_path / "new" / "site") as site:
            site.journal.append(copied(1))
            await until(lambda: site.exchange.done == 1)


async def test_a_site_that_is_fenced_while_connected_hears_of_it(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site:
            site.journal.append(copied(1))
            await until(lambda: site.exchange.done == 1)
            await primary.directory.fence("oslo", "a person wants to look")
            await until(lambda: site.client.refusal == "a person wants to look")


async def test_a_long_backlog_is_handed_in_whole_and_in_order(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        for number in range(5_000):
            journal.append(expired(number))
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: site.exchange.done == 5_000)
        assert primary.ledger.head("oslo", identity.epoch) == journal.head()
