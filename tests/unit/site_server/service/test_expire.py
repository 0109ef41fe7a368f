"""What runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.job_lifecycle import JobState
from site_server.config import Times
from tests.unit.site_server.a_site import FillingStore, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HOLD_MS = Times().hold_ms


async def test_a_job_that_nobody_releases_expires(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        job = await site.print_pdf("ada")
        site.clock.advance(HOLD_MS - 1)
        await site.services.expire.once()
        assert site.job(job.job_uuid).state is JobState.HELD
        site.clock.advance(1)
        await site.services.expire.once()
        assert site.job(job.job_uuid).state is JobState.EXPIRED
        assert site.kinds()[-1] == "job_expired"
        assert site.spool.documents == {}


async def test_many_jobs_expire_in_one_go(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        for _ in range(3):
            await site.print_pdf("ada")
        site.clock.advance(HOLD_MS)
        assert await site.services.delete_job.expire_before(site.clock.wall_ms() - HOLD_MS) == 3
        assert await site.services.delete_job.expire_before(site.clock.wall_ms() - HOLD_MS) == 0


async def test_a_job_on_its_way_does_not_expire(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        site.clock.advance(HOLD_MS * 10)
        await site.services.expire.once()
        site.printer.gate.set()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED


async def test_what_is_long_over_is_forgotten_but_not_by_the_journal(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        session = await site.log_in("ada")
        await site.services.log_in.log_out(session)
        site.clock.advance(Times().ended_kept_ms + 1)
        await site.services.expire.once()
        with site.store.read() as view:
            assert view.jobs.get(job.job_uuid) is None
            assert view.sessions.get(session.session_id) is None
        assert len(site.kinds()) == 4


async def test_a_tick_is_all_that_the_scheduler_does(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        job = await site.print_pdf("ada")
        site.clock.advance(HOLD_MS)
        site.services.expire.tick()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.EXPIRED


async def test_a_full_disk_stops_expiry_until_space_returns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        site.user("ada")
        job = await site.print_pdf("ada")
        site.clock.advance(HOLD_MS)
        assert isinstance(site.store, FillingStore)
        site.store.is_full = True
        for _ in range(3):
            site.services.expire.tick()
            await site.settle_reading()
        assert site.job(job.job_uuid).state is JobState.HELD
        assert caplog.text.count("cannot be ended") == 1
        site.store.is_full = False
        site.services.expire.tick()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.EXPIRED
