"""What IPP clients may do about a hold: set it, end it, and never release by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.job_lifecycle import JobState
from site_server.causes import Cause
from site_server.ipp.service_port import (
    HOLD_INDEFINITE,
    HOLD_NONE,
    Refusal,
)
from site_server.ipp.vocabulary import JobState as IppState
from site_server.ipp.vocabulary import Status
from tests.unit.site_server.a_site import DIRECT, a_site, units
from tests.unit.site_server.service.ipp_calls import (
    as_view,
    create,
    send,
)

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_held_job_never_leaves_through_ipp(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        refusal = await site.services.ipp_jobs.release(job.job_number, "ada")
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.status) == (Cause.RELEASE_AT_PANEL, Status.NOT_AUTHORIZED)
        await site.settle()
        assert site.printer.orders == []


async def test_on_a_held_queue_the_end_of_a_hold_leaves_the_job_to_its_owner(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada", hold_until=HOLD_INDEFINITE)
        view = await site.services.ipp_jobs.job(job.job_number)
        assert view is not None
        assert view.state_reasons == ("job-hold-until-specified", "job-release-wait")
        view = await as_view(site.services.ipp_jobs.release(job.job_number, "ada"))
        assert (view.state_reasons, view.hold_until) == (("job-release-wait",), HOLD_NONE)
        await site.settle()
        assert site.printer.orders == []


async def test_on_a_direct_queue_the_end_of_a_hold_prints(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada", DIRECT, hold_until=HOLD_INDEFINITE)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.HELD
        view = await as_view(site.services.ipp_jobs.release(job.job_number, "ada"))
        assert view.state in {IppState.PROCESSING, IppState.COMPLETED}
        await site.settle()
        assert site.printer.papers == [job.job_uuid]


async def test_a_waiting_job_can_be_held_and_a_printing_one_cannot(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        view = await as_view(site.services.ipp_jobs.hold(job.job_number, "ada", HOLD_INDEFINITE))
        assert view.hold_until == HOLD_INDEFINITE
        site.printer.gate.clear()
        await site.release(job)
        refusal = await site.services.ipp_jobs.hold(job.job_number, "ada", HOLD_INDEFINITE)
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.NOT_POSSIBLE


async def test_a_created_job_can_be_held_but_not_released(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        created = await create(site, DIRECT)
        await as_view(site.services.ipp_jobs.hold(created.job_id, "ada", HOLD_INDEFINITE))
        refusal = await site.services.ipp_jobs.release(created.job_id, "ada")
        assert isinstance(refusal, Refusal)
        await send(site, created)
        await site.settle()
        assert site.job(created.job_uuid).hold_until == HOLD_INDEFINITE
        assert site.printer.orders == []
