"""Pruning as the running site does it: at a tick, by its own replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.schema import directory as schema
from site_server.service.prune_journal import EVERY_MS
from tests.unit.site_server.a_site import FillingStore, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

DAY_MS = 86_400_000


def heartbeat(site: ASite, *, window_days: int = 30) -> None:
    site.replica.put(
        schema.heartbeat,
        id=1,
        lineage="ab" * 16,
        wall_ms=site.clock.wall_ms(),
        min_reader=1,
        currency="EUR",
        backup_window_ms=window_days * DAY_MS,
    )


async def printed(site: ASite) -> None:
    job = await site.print_pdf("ada")
    await site.release(job)
    await site.settle()


async def days_later(site: ASite, days: int) -> None:
    """A heartbeat and a tick after so many days."""
    site.clock.advance(days * DAY_MS)
    heartbeat(site)
    await site.services.expire.once()


async def test_what_is_merged_for_longer_than_the_window_goes_and_no_balance_moves(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await printed(site)
        before, seq = site.money("ada").effective_micros, site.store.head().seq
        await days_later(site, 31)
        assert site.store.pruned_seq() == 0, "nothing is merged"
        site.merge_up_to(seq, epoch=1, user_name="ada", balance_micros=before)
        await days_later(site, 1)
        assert site.store.pruned_seq() == 0, "the window has not passed"
        await days_later(site, 30)
        assert site.store.pruned_seq() == seq
        assert site.kinds() == []
        assert site.money("ada").effective_micros == before
        await printed(site)
        assert site.store.entries(1, 99)[0].seq == seq + 1
        assert site.money("ada").effective_micros < before


async def test_the_window_is_headquarters(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await printed(site)
        site.merge_up_to(2, epoch=1, user_name="ada", balance_micros=1)
        site.clock.advance(EVERY_MS)
        heartbeat(site, window_days=1)
        await site.services.expire.once()
        site.clock.advance(DAY_MS)
        heartbeat(site, window_days=1)
        await site.services.expire.once()
        assert site.store.pruned_seq() == 2


async def test_a_headquarters_that_tells_no_window_keeps_everything(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await printed(site)
        site.merge_up_to(2, epoch=1, user_name="ada", balance_micros=1)
        drop = "ALTER TABLE heartbeat DROP COLUMN backup_window_ms"
        site.replica.change(lambda connection: connection.exec_driver_sql(drop))
        for _ in range(2):
            site.clock.advance(400 * DAY_MS)
            await site.services.expire.once()
        assert site.store.pruned_seq() == 0


async def test_without_a_replica_everything_is_kept(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await printed(site)
        site.replica.ready = False
        site.clock.advance(400 * DAY_MS)
        await site.services.expire.once()
        assert site.store.pruned_seq() == 0


async def test_a_full_disk_only_makes_pruning_late(tmp_path: Path) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        site.user("ada", units(5))
        await printed(site)
        site.merge_up_to(2, epoch=1, user_name="ada", balance_micros=1)
        await days_later(site, 1)
        assert isinstance(site.store, FillingStore)
        site.store.is_full = True
        site.clock.advance(30 * DAY_MS)
        heartbeat(site)
        site.services.expire.tick()
        await site.settle_reading()
        assert site.store.pruned_seq() == 0
        site.store.is_full = False
        await site.services.expire.once()
        assert site.store.pruned_seq() == 2
