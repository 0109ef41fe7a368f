"""What the IPP endpoint asks of the site, answered from the stores. Every no is a value here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from failure_modes.catalogue import CATALOGUE
from failure_modes.vocabulary import Reason
from replication.errors import ReplicationError, StorageFullError
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.ipp.service_port import WhichJobs
from site_server.refusals import refusal
from site_server.service.document_intake import DocumentIntake
from site_server.service.incoming_jobs import IncomingJob, IncomingState
from site_server.service.ipp_refusals import refused
from site_server.service.job_views import closed_queue_view, incoming_view, job_view, queue_view

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from site_server.ipp.service_port import (
        DocumentInfo,
        JobRequest,
        JobView,
        QueueView,
        Refusal,
    )
    from site_server.service.delete_job import DeleteJob
    from site_server.service.ground import Ground
    from site_server.service.hold_job import HoldJob
    from site_server.service.incoming_jobs import IncomingJobs
    from site_server.service.prove_user import ProveUser
    from site_server.service.submit_job import SubmitJob
    from site_server.store.jobs import Job

T = TypeVar("T")

ENDED: Final[Mapping[WhichJobs, bool | None]] = {
    WhichJobs.COMPLETED: True,
    WhichJobs.NOT_COMPLETED: False,
    WhichJobs.ALL: None,
}


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IppServices:
    """What IPP may do with jobs."""

    incoming: IncomingJobs
    submit_job: SubmitJob
    hold_job: HoldJob
    delete_job: DeleteJob
    prove_user: ProveUser


class IppJobs:
    """The `JobService` of this site."""

    def __init__(self, ground: Ground, services: IppServices) -> None:
        self._ground = ground
        self._incoming = services.incoming
        self._submit_job = services.submit_job
        self._hold_job = services.hold_job
        self._delete_job = services.delete_job
        self._asks = services.prove_user.asks

    async def queues(self) -> tuple[QueueView, ...]:
        """All queues of this site, sorted by name; none on a fresh site."""
        with self._ground.directory.read() as snapshot:
            queues = snapshot.queues() if snapshot else ()
            asks = [snapshot is not None and self._asks(snapshot, queue) for queue in queues]
        waiting = self._waiting()
        return tuple(
            queue_view(
                self._ground.site_name,
                queue,
                waiting.get(queue.queue_name, 0),
                asks_for_password=asks_for_password,
            )
            for queue, asks_for_password in zip(queues, asks, strict=True)
        )

    async def queue(self, name: str) -> QueueView | None:
        """The queue of this name. A fresh site knows none, and says so on every name."""
        with self._ground.directory.read() as snapshot:
            if snapshot is None:
                message = CATALOGUE[Reason.NO_REPLICA].message
                return closed_queue_view(self._ground.site_name, name, message)
            queue = snapshot.queue(name)
            if queue is None:
                return None
            asks = self._asks(snapshot, queue)
        waiting = self._waiting().get(name, 0)
        return queue_view(self._ground.site_name, queue, waiting, asks_for_password=asks)

    async def validate_job(self, request: JobRequest) -> Refusal | None:
        """Whether a job like this would be refused; nothing changes."""

        async def work() -> None:
            self._submit_job.admit(request)

        return await _or_refusal(work)

    async def begin_job(
        self, request: JobRequest, document: DocumentInfo
    ) -> DocumentIntake | Refusal:
        """A writer for the document of a job that exists when it is committed."""

        async def work() -> DocumentIntake | Refusal:
            admitted = self._submit_job.admit(request)
            return await DocumentIntake.begin(self._submit_job, admitted, document)

        return await _or_refusal(work)

    async def create_job(self, request: JobRequest) -> JobView | Refusal:
        """A job that waits for its document."""

        async def work() -> JobView:
            admitted = self._submit_job.admit(request)
            self._incoming.check_room()
            number = await self._submit_job.next_number()
            return incoming_view(self._incoming.add(number, admitted))

        return await _or_refusal(work)

    async def open_document(
        self, job_id: int, user_name: str, document: DocumentInfo
    ) -> DocumentIntake | Refusal:
        """A writer for the document of a created job."""

        async def work() -> DocumentIntake | Refusal:
            job = self._own(job_id, user_name)
            if not isinstance(job, IncomingJob):
                raise refusal(Cause.HAS_DOCUMENT)
            self._incoming.receive(job_id)
            try:
                intake = await DocumentIntake.begin(self._submit_job, job.admitted, document)
            except RefusedError:
                self._incoming.wait_again(job_id)
                raise
            if isinstance(intake, DocumentIntake):
                return intake.of(self._incoming)
            self._incoming.wait_again(job_id)
            return intake

        return await _or_refusal(work)

    async def close_job(self, job_id: int, user_name: str) -> JobView | Refusal:
        """Say that no further document comes. A job without any document is aborted."""

        async def work() -> JobView:
            job = self._own(job_id, user_name)
            if isinstance(job, IncomingJob):
                return incoming_view(self._incoming.end(job_id, IncomingState.ABORTED))
            return job_view(job)

        return await _or_refusal(work)

    async def job(self, job_id: int) -> JobView | None:
        """The job of this number, also when it is done, as long as the site remembers it."""
        found = self._find(job_id)
        return None if found is None else _view(found)

    async def jobs(
        self, queue_name: str | None, which: WhichJobs, user_name: str | None, limit: int
    ) -> tuple[JobView, ...]:
        """At most `limit` jobs: not completed ones oldest first, completed ones newest first."""
        with self._ground.store.read() as site:
            stored = site.jobs.listing(
                ended=ENDED[which],
                queue_name=queue_name or "",
                user_name=user_name or "",
                limit=limit,
            )
        incoming = [] if which is WhichJobs.COMPLETED else self._incoming.all_open()
        ended = [] if which is WhichJobs.NOT_COMPLETED else self._incoming.all_ended()
        views = [job_view(job) for job in stored]
        views += [
            incoming_view(job)
            for job in (*incoming, *ended)
            if queue_name in {None, job.admitted.request.queue_name}
            and user_name in {None, job.user_name}
        ]
        return tuple(views[:limit])

    async def cancel(self, job_id: int, user_name: str) -> JobView | Refusal:
        """End the job without printing it."""

        async def work() -> JobView:
            job = self._own(job_id, user_name)
            if isinstance(job, IncomingJob):
                return incoming_view(self._incoming.end(job_id, IncomingState.CANCELLED))
            return job_view(await self._delete_job.delete(job.job_uuid, user_name))

        return await _or_refusal(work)

    async def hold(self, job_id: int, user_name: str, hold_until: str) -> JobView | Refusal:
        """Keep a job that is not printing yet."""

        async def work() -> JobView:
            job = self._own(job_id, user_name)
            if isinstance(job, IncomingJob):
                return incoming_view(self._incoming.hold(job_id, hold_until))
            return job_view(await self._hold_job.hold(job, hold_until))

        return await _or_refusal(work)

    async def release(self, job_id: int, user_name: str) -> JobView | Refusal:
        """Let go of a job held by `hold` or job-hold-until."""

        async def work() -> JobView:
            job = self._own(job_id, user_name)
            if isinstance(job, IncomingJob):
                raise refusal(Cause.JOB_INCOMPLETE)
            return job_view(await self._hold_job.end_hold(job))

        return await _or_refusal(work)

    def _find(self, job_id: int) -> Job | IncomingJob | None:
        with self._ground.store.read() as site:
            return site.jobs.numbered(job_id) or self._incoming.get(job_id)

    def _own(self, job_id: int, user_name: str) -> Job | IncomingJob:
        job = self._find(job_id)
        if job is None:
            raise refusal(Cause.NO_SUCH_JOB)
        if job.user_name != user_name:
            raise refusal(Cause.NOT_YOUR_JOB)
        return job

    def _waiting(self) -> dict[str, int]:
        with self._ground.store.read() as site:
            return site.jobs.count_open_by_queue()


def _view(job: Job | IncomingJob) -> JobView:
    return incoming_view(job) if isinstance(job, IncomingJob) else job_view(job)


async def _or_refusal(work: Callable[[], Awaitable[T]]) -> T | Refusal:
    try:
        return await work()
    except RefusedError as error:
        return refused(error)
    except StorageFullError:
        return refused(refusal(Cause.DISK_FULL))
    except ReplicationError as error:
        _log.warning("a print client was refused: %s", error)
        return refused(refusal(Cause.STORE_BUSY))
