"""Releases: the decision, the money, and what becomes of the job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import LinkState, Reason
from replication.entry_bodies import JobPrinted, JobReleased
from site_server.causes import Cause
from site_server.config import Limits
from site_server.errors import RefusedError
from site_server.ipp.service_port import HOLD_NONE, JobTicket, JobView
from site_server.ports import Counted, Fate, Outcome
from tests.unit.site_server.a_site import DIRECT, PRICE_MICROS, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

COST_MICROS = 2 * PRICE_MICROS


async def test_a_released_job_is_printed_and_charged_once(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED
        assert site.printer.papers == [job.job_uuid]
        assert site.money("ada").effective_micros == units(5) - COST_MICROS
        assert site.money("ada").reserved_micros == 0
        assert site.kinds() == ["job_accepted", "job_counted", "job_released", "job_printed"]
        printed = site.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert (printed.cost_micros, printed.mono_pages, printed.copies) == (COST_MICROS, 2, 1)
        assert site.spool.documents == {}


async def test_a_job_on_its_way_has_its_cost_set_aside(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.RELEASING
        assert site.money("ada").reserved_micros == COST_MICROS
        assert site.money("ada").effective_micros == units(5) - COST_MICROS
        released = site.facts()[-1]
        assert isinstance(released, JobReleased)
        assert (released.fence, released.printer_name) == (1, PRINTER)


async def test_two_releases_at_once_cannot_spend_the_same_credit(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", COST_MICROS)  # enough for one of the two
        site.printer.gate.clear()
        jobs = [await site.print_pdf("ada"), await site.print_pdf("ada")]
        answers = await _all_at_once(*(site.release(job) for job in jobs))
        refusals = [answer for answer in answers if isinstance(answer, RefusedError)]
        assert [error.reason for error in refusals] == [Reason.NOT_ENOUGH_CREDIT]
        assert site.money("ada").effective_micros == 0
        await site.settle()
        assert len(site.printer.orders) == 1


async def test_the_same_job_released_twice_goes_out_once(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        answers = await _all_at_once(site.release(job), site.release(job))
        refusals = [answer for answer in answers if isinstance(answer, RefusedError)]
        assert [error.reason for error in refusals] == [Cause.JOB_ON_ITS_WAY]
        await site.settle()
        assert site.printer.papers == [job.job_uuid]


async def test_without_credit_a_job_stays_held_and_shows_why(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", COST_MICROS - 1)
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.NOT_ENOUGH_CREDIT
        assert "0.10 EUR" in refused.value.detail
        assert "0.099999 EUR" in refused.value.detail
        stored = site.job(job.job_uuid)
        assert (stored.state, stored.reason_text) == (JobState.HELD, refused.value.detail)
        assert site.kinds() == ["job_accepted", "job_counted"]
        assert site.money("ada").reserved_micros == 0


async def test_credit_that_arrives_lets_the_refused_job_go(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0)
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError):
            await site.release(job)
        site.balance("ada", units(1))
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED
        assert site.job(job.job_uuid).reason_text == ""


@pytest.mark.parametrize("state", list(LinkState))
async def test_no_link_state_changes_or_delays_a_release(tmp_path: Path, state: LinkState) -> None:
    async with a_site(tmp_path) as site:
        site.link.state = state
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.printer.papers == [job.job_uuid]


async def test_nobody_releases_the_job_of_somebody_else(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.user("grace", units(5))
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.release(job, "grace")
        assert refused.value.reason == Cause.NOT_YOUR_JOB
        assert site.job(job.job_uuid).state is JobState.HELD


async def test_a_job_is_not_released_before_it_is_counted(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.counter.gate.clear()
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Cause.STILL_COUNTING
        site.counter.gate.set()
        await site.settle()
        await site.release(job)


async def test_a_document_that_cannot_be_counted_is_held_and_refused_by_policy(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.counter.counted = Counted(pages=None, reason="the PDF is damaged")
        job = await site.print_pdf("ada")
        assert (job.state, job.pages, job.count_reason) == (
            JobState.HELD,
            None,
            "the PDF is damaged",
        )
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.PAGES_UNKNOWN
        assert "could not be counted" in site.job(job.job_uuid).reason_text
        assert "job_released" not in site.kinds()


async def test_a_policy_may_charge_an_uncounted_document_as_fixed_pages(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.policy("global", "", {"uncounted_document": "charge_fixed", "uncounted_pages": 7})
        site.user("ada", units(5))
        site.counter.counted = Counted(pages=None, reason="the PDF is encrypted")
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        printed = site.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert (printed.cost_micros, printed.mono_pages) == (7 * PRICE_MICROS, 7)


async def test_copies_sides_and_black_only_make_the_price(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        ticket = JobTicket(copies=3, sides="two-sided-long-edge", colour_mode="monochrome")
        view = await site.submit("ada", ticket=ticket)
        assert isinstance(view, JobView)
        await site.settle()
        await site.release(site.job(view.job_uuid))
        await site.settle()
        assert site.job(view.job_uuid).cost_micros == 3 * 2 * (PRICE_MICROS * 8 // 10)


async def test_a_direct_job_prints_by_itself(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada", DIRECT)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED


async def test_a_direct_job_without_credit_is_held_with_the_reason(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0)
        job = await site.print_pdf("ada", DIRECT)
        await site.settle()
        stored = site.job(job.job_uuid)
        assert (stored.state, stored.reason_code) == (JobState.HELD, Reason.NOT_ENOUGH_CREDIT)
        site.balance("ada", units(5))
        site.clock.advance(3_600_000)
        await site.services.release_job.release_waiting()
        assert site.job(job.job_uuid).state is JobState.HELD  # a person must come


async def test_a_direct_job_waits_for_its_printer_and_goes_after_growing_waits(
    tmp_path: Path,
) -> None:
    off = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_UNREACHABLE, detail="off")
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [off]
        job = await site.print_pdf("ada", DIRECT)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.HELD
        await site.services.release_job.release_waiting()
        await site.settle()
        assert len(site.printer.orders) == 1  # too early
        site.clock.advance(10_000)
        await site.services.release_job.release_waiting()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED
        assert site.job(job.job_uuid).fence == 2


async def test_at_the_bound_of_deliveries_a_release_is_refused_and_nothing_changes(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path, limits=Limits(deliveries_max=1)) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        first, second = await site.print_pdf("ada"), await site.print_pdf("ada")
        await site.release(first)
        with pytest.raises(RefusedError) as refused:
            await site.release(second)
        assert refused.value.reason == Cause.TOO_MANY_DELIVERIES
        assert site.job(second.job_uuid).state is JobState.HELD
        site.printer.gate.set()
        await site.settle()
        await site.release(second)


async def test_an_unknown_printer_is_a_clear_refusal(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.services.release_job.release(job.job_uuid, "ada", "lima-1")
        assert refused.value.reason == Cause.NO_SUCH_PRINTER
        assert site.services.dispatcher.under_way == 0


async def test_a_release_ends_a_hold_of_the_ticket(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada", hold_until="indefinite")
        await site.release(job)
        assert site.job(job.job_uuid).hold_until == HOLD_NONE


async def _all_at_once(*works: object) -> list[object]:
    async def answer(work: object) -> object:
        try:
            return await work  # type: ignore[misc]
        except RefusedError as error:
            return error

    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(answer(work)) for work in works]
    return [task.result() for task in started]
