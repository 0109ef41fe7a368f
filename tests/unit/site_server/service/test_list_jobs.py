"""What a person sees of their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.vocabulary import Reason
from site_server.causes import Cause
from site_server.config import Limits
from site_server.ports import Counted, Fate, Outcome
from tests.unit.site_server.a_site import DIRECT, PRICE_MICROS, a_site, units

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_person_sees_their_jobs_oldest_first_with_what_each_costs(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 3 * PRICE_MICROS)
        site.user("grace", units(5))
        first, second = await site.print_pdf("ada"), await site.print_pdf("ada")
        await site.print_pdf("grace")
        listed = site.services.list_jobs.list(await site.log_in("ada"))
        assert [each.job.job_uuid for each in listed.jobs] == [first.job_uuid, second.job_uuid]
        assert {each.cost_micros for each in listed.jobs} == {2 * PRICE_MICROS}
        assert {each.may_go for each in listed.jobs} == {True}
        assert listed.currency == "EUR"


async def test_a_job_without_credit_is_listed_with_the_reason(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0)
        await site.print_pdf("ada")
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason) == (False, Reason.NOT_ENOUGH_CREDIT)
        assert "0.10 EUR" in listed.reason_text


async def test_a_damaged_document_is_listed_with_the_reason(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.counter.counted = Counted(pages=None, reason="damaged")
        await site.print_pdf("ada")
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason) == (False, Reason.PAGES_UNKNOWN)


async def test_a_job_that_came_back_says_why(tmp_path: Path) -> None:
    jam = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_CANCELLED, detail="paper jam")
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [jam]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason_text) == (True, "paper jam")


async def test_a_job_on_its_way_cannot_go_again(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason) == (False, Cause.JOB_ON_ITS_WAY)


async def test_a_job_being_counted_is_shown_already(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.counter.gate.clear()
        await site.print_pdf("ada")
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason) == (False, Cause.STILL_COUNTING)


async def test_a_refused_direct_job_can_be_found_at_the_panel(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0)
        job = await site.print_pdf("ada", DIRECT)
        await site.settle()
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert listed.job.job_uuid == job.job_uuid


async def test_a_list_has_a_bound(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(jobs_per_list_max=1)) as site:
        site.user("ada")
        await site.print_pdf("ada")
        await site.print_pdf("ada")
        assert len(site.services.list_jobs.list(await site.log_in("ada")).jobs) == 1
