"""What an IPP client asks of a site's jobs, in one call each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_server.ipp.service_port import (
    DocumentInfo,
    JobRequest,
    JobTicket,
    JobView,
    Refusal,
)
from site_server.service.document_intake import DocumentIntake
from tests.unit.site_server.a_site import HELD, PDF

if TYPE_CHECKING:
    from tests.unit.site_server.a_site import ASite

DOCUMENT = DocumentInfo(name="x.pdf", format="application/pdf")


def request(user_name: str = "ada", queue_name: str = HELD) -> JobRequest:
    return JobRequest(queue_name=queue_name, user_name=user_name, job_name="x", ticket=JobTicket())


async def as_view(answer: object) -> JobView:
    view = await answer  # type: ignore[misc]
    assert isinstance(view, JobView), view
    return view


async def create(site: ASite, queue_name: str = HELD) -> JobView:
    return await as_view(site.services.ipp_jobs.create_job(request(queue_name=queue_name)))


async def open_document(site: ASite, job: JobView) -> DocumentIntake:
    writer = await site.services.ipp_jobs.open_document(job.job_id, job.user_name, DOCUMENT)
    assert isinstance(writer, DocumentIntake), writer
    return writer


async def send(site: ASite, job: JobView) -> object:
    writer = await site.services.ipp_jobs.open_document(job.job_id, job.user_name, DOCUMENT)
    if isinstance(writer, Refusal):
        return writer
    try:
        return await writer.write(PDF) or await writer.commit(is_last=True)
    finally:
        await writer.abort()
