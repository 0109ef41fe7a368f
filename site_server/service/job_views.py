"""The site's jobs and queues as IPP shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import HoldMode, Reason
from site_server.ipp.service_port import HOLD_NONE, JobView, QueueView, ReleaseAction
from site_server.ipp.vocabulary import JobState as IppState
from site_server.ipp.vocabulary import PrinterState
from site_server.service.dispatch import ticket_of
from site_server.service.incoming_jobs import IncomingState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from site_server.service.incoming_jobs import IncomingJob
    from site_server.store.directory_rows import Queue
    from site_server.store.jobs import Job

RELEASE_ACTION: Final[Mapping[bool, ReleaseAction]] = {
    True: ReleaseAction.NONE,
    False: ReleaseAction.OWNER_AUTHORIZED,
}
"""By whether the queue is direct. PWG 5100.11 has no word for jobs that a manager lets go: for the
computer that sent one, it waits for a person at a panel like any other."""

_STATES: Final[Mapping[JobState, tuple[IppState, str]]] = {
    JobState.RELEASING: (IppState.PROCESSING, "job-printing"),
    JobState.PRINTED: (IppState.COMPLETED, "job-completed-successfully"),
    JobState.CANCELLED: (IppState.CANCELED, "job-canceled-by-user"),
    JobState.EXPIRED: (IppState.ABORTED, "aborted-by-system"),
    JobState.UNKNOWN: (IppState.PROCESSING_STOPPED, "job-suspended"),
}
_INCOMING: Final[Mapping[IncomingState, tuple[IppState, str]]] = {
    IncomingState.OPEN: (IppState.PENDING_HELD, "job-incoming"),
    IncomingState.RECEIVING: (IppState.PENDING_HELD, "job-incoming"),
    IncomingState.CANCELLED: (IppState.CANCELED, "job-canceled-by-user"),
    IncomingState.ABORTED: (IppState.ABORTED, "aborted-by-system"),
}


def queue_view(
    site_name: str, queue: Queue, queued_jobs: int, *, asks_for_password: bool = False
) -> QueueView:
    """A queue that takes jobs."""
    return QueueView(
        name=queue.queue_name,
        uuid=_queue_uuid(site_name, queue.queue_name),
        release_action=RELEASE_ACTION[queue.hold_mode is HoldMode.NONE],
        info=queue.queue_name,
        location=site_name,
        queued_jobs=queued_jobs,
        asks_for_password=asks_for_password,
    )


def closed_queue_view(site_name: str, queue_name: str, message: str) -> QueueView:
    """A queue of a site that does not know its queues yet."""
    return QueueView(
        name=queue_name,
        uuid=_queue_uuid(site_name, queue_name),
        release_action=ReleaseAction.OWNER_AUTHORIZED,
        info=queue_name,
        location=site_name,
        state=PrinterState.STOPPED,
        state_reasons=("connecting-to-device",),
        state_message=message,
        is_accepting=False,
    )


def job_view(job: Job) -> JobView:
    """A job that has its document."""
    state, reasons = _state(job)
    pages = job.pages
    is_printed = job.state is JobState.PRINTED
    return JobView(
        job_id=job.job_number,
        job_uuid=job.job_uuid,
        queue_name=job.queue_name,
        job_name=job.job_name,
        user_name=job.user_name,
        state=state,
        state_reasons=reasons,
        state_message=job.reason_text,
        ticket=ticket_of(job),
        created_at_ms=job.accepted_wall_ms,
        release_action=RELEASE_ACTION[job.direct],
        hold_until=job.hold_until,
        processing_at_ms=job.released_wall_ms,
        completed_at_ms=job.ended_wall_ms,
        document_name=job.document_name,
        document_format=job.document_format,
        document_bytes=job.document_bytes,
        document_count=1,
        impressions=pages.total if pages else None,
        impressions_completed=pages.total * job.copies if pages and is_printed else 0,
        output_device=job.printer_name or None,
    )


def incoming_view(job: IncomingJob) -> JobView:
    """A job whose document has not come."""
    request = job.admitted.request
    state, reason = _INCOMING[job.state]
    return JobView(
        job_id=job.job_number,
        job_uuid=job.admitted.job_uuid,
        queue_name=request.queue_name,
        job_name=request.job_name,
        user_name=request.user_name,
        state=state,
        state_reasons=(reason,),
        ticket=request.ticket,
        created_at_ms=job.created_wall_ms,
        release_action=RELEASE_ACTION[job.admitted.queue.hold_mode is HoldMode.NONE],
        hold_until=request.hold_until,
        completed_at_ms=job.ended_wall_ms,
        is_proven=request.is_proven,
    )


def _state(job: Job) -> tuple[IppState, tuple[str, ...]]:
    if job.state in _STATES:
        state, reason = _STATES[job.state]
        return state, (reason,)
    reasons = tuple(_waits_for(job))
    return (IppState.PENDING_HELD, reasons) if reasons else (IppState.PENDING, ("none",))


def _waits_for(job: Job) -> list[str]:
    """What keeps a job that is not released."""
    waits = []
    if job.hold_until != HOLD_NONE:
        waits.append("job-hold-until-specified")
    if job.reason_code == Reason.NOT_ENOUGH_CREDIT:
        waits.append("account-limit-reached")
    if not job.direct or job.reason_code:
        waits.append("job-release-wait")
    return waits


def _queue_uuid(site_name: str, queue_name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"holdfast://{site_name}/{queue_name}"))
