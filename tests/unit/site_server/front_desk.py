"""Queues with rules of their own, jobs that nobody vouches for, and a manager at the front desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replication.schema import directory as schema
from site_server.ipp.service_port import DocumentInfo, JobRequest, JobTicket, JobView, Refusal
from tests.unit.site_server.a_site import PDF, PRINTER, SITE, units

if TYPE_CHECKING:
    from tests.unit.site_server.a_site import ASite

MANAGER: Final = "mary"
FOR_MANAGER: Final = "oslo-visitors"
"""Only a manager lets its jobs go."""
PROVEN: Final = "oslo-proven"
"""Prints at once, and asks for proof."""
PROVEN_HELD: Final = "oslo-proven-held"
DOCUMENT: Final = DocumentInfo(name="report.pdf", format="application/pdf")


def open_desk(site: ASite) -> None:
    """Users, a manager, and the queues above."""
    for user_name in ("ada", MANAGER):
        site.user(user_name, units(5))
    site.member(MANAGER, "managers")
    _queue(site, FOR_MANAGER, "manager")
    _queue(site, PROVEN, "none", needs_proof=True)
    _queue(site, PROVEN_HELD, "user", needs_proof=True)


def _queue(site: ASite, queue_name: str, hold_mode: str, *, needs_proof: bool = False) -> None:
    site.replica.put(
        schema.queues,
        queue_name=queue_name,
        site_name=SITE,
        printer_name=PRINTER,
        hold_mode=hold_mode,
        needs_proof=needs_proof,
    )


async def send(
    site: ASite, user_name: str, queue_name: str, *, is_proven: bool = False
) -> JobView | Refusal:
    """A whole job over IPP, until nothing more happens by itself."""
    request = JobRequest(
        queue_name=queue_name,
        user_name=user_name,
        job_name="report.pdf",
        ticket=JobTicket(),
        is_proven=is_proven,
    )
    writer = await site.services.ipp_jobs.begin_job(request, DOCUMENT)
    if isinstance(writer, Refusal):
        return writer
    try:
        answer = await writer.write(PDF) or await writer.commit(is_last=True)
    finally:
        await writer.abort()
    await site.settle()
    return answer


async def sent(site: ASite, user_name: str, queue_name: str, *, is_proven: bool = False) -> str:
    """The same, of a job that must be accepted; its name."""
    view = await send(site, user_name, queue_name, is_proven=is_proven)
    assert isinstance(view, JobView), view
    return view.job_uuid
