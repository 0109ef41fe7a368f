"""Counting goes on behind everybody's back, and never stops for one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.job_lifecycle import JobState
from failure_modes.pricing import PageCount
from replication.entry_bodies import JobCounted
from site_server.ports import Counted
from tests.unit.site_server.a_site import FillingStore, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_the_count_is_a_fact_in_the_journal(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        site.counter.counted = Counted(pages=PageCount(mono=3, colour=4))
        job = await site.print_pdf("ada")
        assert (job.mono_pages, job.colour_pages) == (3, 4)
        counted = site.facts()[-1]
        assert isinstance(counted, JobCounted)
        assert (counted.mono_pages, counted.colour_pages, counted.reason) == (3, 4, "")


async def test_a_counter_that_fails_leaves_a_held_job_with_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        site.counter.error = ValueError("a bug in the counter")
        job = await site.print_pdf("ada")
        assert (job.state, job.pages) == (JobState.HELD, None)
        assert "failed" in job.count_reason
        site.counter.error = None
        assert (await site.print_pdf("ada")).pages == PageCount(mono=2, colour=0)
        assert "a bug in the counter" in caplog.text


async def test_a_job_deleted_while_it_is_counted_stays_deleted(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        site.counter.gate.clear()
        job = await site.print_pdf("ada")
        await site.services.delete_job.delete(job.job_uuid, "ada")
        site.counter.gate.set()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.CANCELLED
        assert "job_counted" not in site.kinds()


async def test_a_count_waits_for_room_on_the_disk(tmp_path: Path) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        site.user("ada", units(5))
        site.counter.gate.clear()
        job = await site.print_pdf("ada")
        assert isinstance(site.store, FillingStore)
        site.store.is_full = True
        site.counter.gate.set()
        await site.settle_reading()
        assert site.job(job.job_uuid).state is JobState.ACCEPTED
        site.store.is_full = False
        site.pause.go_on.set()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.HELD
