"""What IPP clients may see, list and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from site_server.causes import Cause
from site_server.ipp.service_port import (
    Refusal,
    ReleaseAction,
    WhichJobs,
)
from site_server.ipp.vocabulary import JobState as IppState
from site_server.ipp.vocabulary import Status
from tests.unit.site_server.a_site import DIRECT, HELD, PRINTER, a_site, units
from tests.unit.site_server.service.ipp_calls import (
    as_view,
    create,
    request,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite


async def test_the_queues_say_who_lets_their_jobs_go(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        direct, held = await site.services.ipp_jobs.queues()
        assert (direct.name, direct.release_action) == (DIRECT, ReleaseAction.NONE)
        assert (held.name, held.release_action) == (HELD, ReleaseAction.OWNER_AUTHORIZED)
        assert direct.uuid != held.uuid
        assert await site.services.ipp_jobs.queue("nowhere") is None


async def test_a_queue_counts_the_jobs_that_wait(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        await site.print_pdf("ada")
        queue = await site.services.ipp_jobs.queue(HELD)
        assert queue is not None
        assert queue.queued_jobs == 1


async def test_an_owner_cancels_and_others_do_not(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        refusal = await site.services.ipp_jobs.cancel(job.job_number, "grace")
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.NOT_AUTHORIZED
        view = await as_view(site.services.ipp_jobs.cancel(job.job_number, "ada"))
        assert view.state is IppState.CANCELED
        assert site.kinds()[-1] == "job_deleted"
        assert site.spool.documents == {}
        again = await site.services.ipp_jobs.cancel(job.job_number, "ada")
        assert isinstance(again, Refusal)
        assert again.reason == Cause.JOB_IS_DONE
        unknown = await site.services.ipp_jobs.cancel(4711, "ada")
        assert isinstance(unknown, Refusal)
        assert unknown.status is Status.NOT_FOUND


async def test_a_job_on_its_way_cannot_be_cancelled(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        refusal = await site.services.ipp_jobs.cancel(job.job_number, "ada")
        assert isinstance(refusal, Refusal)
        assert refusal.reason == Cause.JOB_ON_ITS_WAY


async def test_jobs_are_listed_by_what_is_asked(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.user("grace")
        printed, held = await site.print_pdf("ada"), await site.print_pdf("grace")
        await site.release(printed)
        await site.settle()
        created = await create(site)
        assert await _numbers(site, WhichJobs.NOT_COMPLETED) == [held.job_number, created.job_id]
        assert await _numbers(site, WhichJobs.COMPLETED) == [printed.job_number]
        assert len(await _numbers(site, WhichJobs.ALL)) == 3
        assert await _numbers(site, WhichJobs.ALL, user_name="grace") == [held.job_number]
        assert await _numbers(site, WhichJobs.ALL, queue_name=DIRECT) == []
        assert len(await _numbers(site, WhichJobs.ALL, limit=2)) == 2


async def test_a_printed_job_says_where_and_how_much(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        view = await site.services.ipp_jobs.job(job.job_number)
        assert view is not None
        assert (view.state, view.output_device) == (IppState.COMPLETED, PRINTER)
        assert (view.impressions, view.impressions_completed) == (2, 2)


async def test_validate_says_what_print_would_say(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        assert await site.services.ipp_jobs.validate_job(request()) is None
        refusal = await site.services.ipp_jobs.validate_job(request(user_name="nobody"))
        assert isinstance(refusal, Refusal)


@pytest.mark.parametrize("queue_name", [HELD, DIRECT])
async def test_a_job_that_was_refused_shows_why_to_ipp_too(tmp_path: Path, queue_name: str) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0)
        job = await site.print_pdf("ada", queue_name)
        if queue_name == HELD:
            with pytest.raises(Exception, match=r"0\.10 EUR"):
                await site.release(job)
        await site.settle()
        view = await site.services.ipp_jobs.job(job.job_number)
        assert view is not None
        assert view.state is IppState.PENDING_HELD
        assert "account-limit-reached" in view.state_reasons
        assert "0.10 EUR" in view.state_message


async def _numbers(
    site: ASite,
    which: WhichJobs,
    *,
    queue_name: str | None = None,
    user_name: str | None = None,
    limit: int = 100,
) -> list[int]:
    views = await site.services.ipp_jobs.jobs(queue_name, which, user_name, limit)
    return [view.job_id for view in views]
