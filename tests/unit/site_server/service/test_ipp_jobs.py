"""What IPP clients may do with jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from site_server.config import Limits, Times
from site_server.ipp.service_port import (
    HOLD_INDEFINITE,
    HOLD_NONE,
    DocumentInfo,
    JobRequest,
    JobTicket,
    JobView,
    Refusal,
    ReleaseAction,
    WhichJobs,
)
from site_server.ipp.vocabulary import JobState as IppState
from site_server.ipp.vocabulary import Status
from site_server.refusals import Cause
from site_server.service.document_intake import DocumentIntake
from tests.unit.site_server.a_site import DIRECT, HELD, PDF, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

DOCUMENT = DocumentInfo(name="x.pdf", format="application/pdf")


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


async def test_a_created_job_gets_its_document_later(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await _create(site)
        assert (created.state, created.state_reasons) == (IppState.PENDING_HELD, ("job-incoming",))
        assert site.kinds() == []
        view = await _send(site, created)
        assert isinstance(view, JobView)
        assert (view.job_id, view.job_uuid) == (created.job_id, created.job_uuid)
        await site.settle()
        assert site.job(view.job_uuid).state is JobState.HELD
        closed = await site.services.ipp_jobs.close_job(created.job_id, "ada")
        assert isinstance(closed, JobView)
        assert closed.document_count == 1


async def test_a_second_document_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await _create(site)
        await _send(site, created)
        refusal = await _send(site, created)
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.MULTIPLE_DOCUMENTS_NOT_SUPPORTED


async def test_a_document_that_broke_off_may_be_sent_again(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await _create(site)
        writer = await _open(site, created)
        second = await site.services.ipp_jobs.open_document(created.job_id, "ada", DOCUMENT)
        assert isinstance(second, Refusal)
        await writer.abort()
        assert isinstance(await _send(site, created), JobView)


async def test_a_created_job_without_document_is_aborted_when_closed_or_late(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        closed, late = await _create(site), await _create(site)
        view = await site.services.ipp_jobs.close_job(closed.job_id, "ada")
        assert isinstance(view, JobView)
        assert view.state is IppState.ABORTED
        site.clock.advance(Times().incoming_ms)
        await site.services.expire.once()
        found = await site.services.ipp_jobs.job(late.job_id)
        assert found is not None
        assert found.state is IppState.ABORTED
        refusal = await _send(site, late)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == Cause.JOB_IS_DONE
        assert site.kinds() == []


async def test_a_job_cancelled_while_its_document_arrives_does_not_come_back(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await _create(site)
        writer = await _open(site, created)
        await writer.write(PDF)
        cancelled = await site.services.ipp_jobs.cancel(created.job_id, "ada")
        assert isinstance(cancelled, JobView)
        assert cancelled.state is IppState.CANCELED
        assert isinstance(await writer.commit(is_last=True), Refusal)
        await writer.abort()
        assert (site.kinds(), site.spool.documents) == ([], {})


async def test_at_the_bound_of_created_jobs_the_next_one_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(incoming_max=1)) as site:
        site.user("ada")
        await _create(site)
        refusal = await site.services.ipp_jobs.create_job(_request())
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.TOO_MANY_JOBS


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
        view = await _as_view(site.services.ipp_jobs.release(job.job_number, "ada"))
        assert (view.state_reasons, view.hold_until) == (("job-release-wait",), HOLD_NONE)
        await site.settle()
        assert site.printer.orders == []


async def test_on_a_direct_queue_the_end_of_a_hold_prints(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada", DIRECT, hold_until=HOLD_INDEFINITE)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.HELD
        view = await _as_view(site.services.ipp_jobs.release(job.job_number, "ada"))
        assert view.state in {IppState.PROCESSING, IppState.COMPLETED}
        await site.settle()
        assert site.printer.papers == [job.job_uuid]


async def test_a_waiting_job_can_be_held_and_a_printing_one_cannot(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        view = await _as_view(site.services.ipp_jobs.hold(job.job_number, "ada", HOLD_INDEFINITE))
        assert view.hold_until == HOLD_INDEFINITE
        site.printer.gate.clear()
        await site.release(job)
        refusal = await site.services.ipp_jobs.hold(job.job_number, "ada", HOLD_INDEFINITE)
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.NOT_POSSIBLE


async def test_a_created_job_can_be_held_but_not_released(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        created = await _create(site, DIRECT)
        await _as_view(site.services.ipp_jobs.hold(created.job_id, "ada", HOLD_INDEFINITE))
        refusal = await site.services.ipp_jobs.release(created.job_id, "ada")
        assert isinstance(refusal, Refusal)
        await _send(site, created)
        await site.settle()
        assert site.job(created.job_uuid).hold_until == HOLD_INDEFINITE
        assert site.printer.orders == []


async def test_an_owner_cancels_and_others_do_not(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        refusal = await site.services.ipp_jobs.cancel(job.job_number, "grace")
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.NOT_AUTHORIZED
        view = await _as_view(site.services.ipp_jobs.cancel(job.job_number, "ada"))
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
        created = await _create(site)
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
        assert await site.services.ipp_jobs.validate_job(_request()) is None
        refusal = await site.services.ipp_jobs.validate_job(_request(user_name="nobody"))
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


def _request(user_name: str = "ada", queue_name: str = HELD) -> JobRequest:
    return JobRequest(queue_name=queue_name, user_name=user_name, job_name="x", ticket=JobTicket())


async def _as_view(answer: object) -> JobView:
    view = await answer  # type: ignore[misc]
    assert isinstance(view, JobView), view
    return view


async def _create(site: ASite, queue_name: str = HELD) -> JobView:
    return await _as_view(site.services.ipp_jobs.create_job(_request(queue_name=queue_name)))


async def _open(site: ASite, job: JobView) -> DocumentIntake:
    writer = await site.services.ipp_jobs.open_document(job.job_id, job.user_name, DOCUMENT)
    assert isinstance(writer, DocumentIntake), writer
    return writer


async def _send(site: ASite, job: JobView) -> object:
    writer = await site.services.ipp_jobs.open_document(job.job_id, job.user_name, DOCUMENT)
    if isinstance(writer, Refusal):
        return writer
    try:
        return await writer.write(PDF) or await writer.commit(is_last=True)
    finally:
        await writer.abort()


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
