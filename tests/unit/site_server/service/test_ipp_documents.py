"""Jobs that IPP clients create first, and the documents that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.job_lifecycle import JobState
from site_server.causes import Cause
from site_server.config import Limits, Times
from site_server.ipp.service_port import (
    JobView,
    Refusal,
)
from site_server.ipp.vocabulary import JobState as IppState
from site_server.ipp.vocabulary import Status
from tests.unit.site_server.a_site import PDF, a_site
from tests.unit.site_server.service.ipp_calls import (
    DOCUMENT,
    create,
    open_document,
    request,
    send,
)

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_created_job_gets_its_document_later(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await create(site)
        assert (created.state, created.state_reasons) == (IppState.PENDING_HELD, ("job-incoming",))
        assert site.kinds() == []
        view = await send(site, created)
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
        created = await create(site)
        await send(site, created)
        refusal = await send(site, created)
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.MULTIPLE_DOCUMENTS_NOT_SUPPORTED


async def test_a_document_that_broke_off_may_be_sent_again(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await create(site)
        writer = await open_document(site, created)
        second = await site.services.ipp_jobs.open_document(created.job_id, "ada", DOCUMENT)
        assert isinstance(second, Refusal)
        await writer.abort()
        assert isinstance(await send(site, created), JobView)


async def test_a_created_job_without_document_is_aborted_when_closed_or_late(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        closed, late = await create(site), await create(site)
        view = await site.services.ipp_jobs.close_job(closed.job_id, "ada")
        assert isinstance(view, JobView)
        assert view.state is IppState.ABORTED
        site.clock.advance(Times().incoming_ms)
        await site.services.expire.once()
        found = await site.services.ipp_jobs.job(late.job_id)
        assert found is not None
        assert found.state is IppState.ABORTED
        refusal = await send(site, late)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == Cause.JOB_IS_DONE
        assert site.kinds() == []


async def test_a_job_cancelled_while_its_document_arrives_does_not_come_back(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        created = await create(site)
        writer = await open_document(site, created)
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
        await create(site)
        refusal = await site.services.ipp_jobs.create_job(request())
        assert isinstance(refusal, Refusal)
        assert refusal.status is Status.TOO_MANY_JOBS
