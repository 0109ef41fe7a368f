"""A `JobService` in memory: with it the endpoint runs without a database or a printer.

It keeps the rules of `service_port.py` (nothing accepted before `commit`, abort forgets, refusals
are values) and prints instantly: a job that may go is completed at once. A held queue keeps its
jobs until `let_go`, which stands for the owner at the device.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from failure_modes.vocabulary import WallMs
from site_server.ipp.service_port import (
    HOLD_NONE,
    DocumentInfo,
    JobRequest,
    JobView,
    QueueView,
    Refusal,
    ReleaseAction,
    WhichJobs,
)
from site_server.ipp.vocabulary import JobState, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

JOB_INCOMING: Final = "job-incoming"
RELEASE_WAIT: Final = "job-release-wait"


def _no(reason: str, status: Status) -> Refusal:
    return Refusal(reason=reason, message=f"No: {reason}.", status=status)


SPOOL_FULL: Final = _no("spool_full", Status.TEMPORARY_ERROR)
QUEUE_CLOSED: Final = _no("queue_closed", Status.NOT_ACCEPTING_JOBS)
NOT_POSSIBLE: Final = _no("not_possible", Status.NOT_POSSIBLE)
ONE_DOCUMENT: Final = _no("one_document_only", Status.MULTIPLE_DOCUMENTS_NOT_SUPPORTED)
NO_SUCH_JOB: Final = _no("no_such_job", Status.NOT_FOUND)
NOT_OWNER: Final = _no("not_owner", Status.NOT_AUTHORIZED)


def held_queue(name: str = "held") -> QueueView:
    """A queue whose jobs wait for their owner."""
    return QueueView(
        name=name,
        uuid=str(uuid5(NAMESPACE_URL, name)),
        release_action=ReleaseAction.OWNER_AUTHORIZED,
        info=f"The {name} queue",
        location="Ground floor",
    )


def direct_queue(name: str = "direct") -> QueueView:
    """A queue whose jobs print at once."""
    return replace(held_queue(name), release_action=ReleaseAction.NONE)


@dataclass(slots=True)
class _Record:
    job: JobView
    is_open: bool
    content: bytes = b""


@dataclass(slots=True)
class MemoryWriter:
    """Collects a document; `service` gets it with `commit`."""

    service: MemoryJobService
    document: DocumentInfo
    record: Callable[[], _Record]
    content: bytearray = field(default_factory=bytearray)
    is_over: bool = False

    async def write(self, chunk: bytes) -> Refusal | None:
        """Take some more bytes."""
        self.service.writes += 1
        if len(self.content) + len(chunk) > self.service.bytes_free:
            return SPOOL_FULL
        self.content += chunk
        return None

    async def commit(self, *, is_last: bool) -> JobView | Refusal:
        """Make the job real."""
        self.is_over = True
        return self.service.keep(self, is_last=is_last)

    async def abort(self) -> None:
        """Forget everything not committed."""
        if not self.is_over:
            self.is_over = True
            self.service.aborted += 1


class MemoryJobService:
    """Jobs in a dictionary. `bytes_free` is the room left for one document."""

    def __init__(
        self,
        *queues: QueueView,
        wall_ms: Callable[[], int] = lambda: 1_800_000_000_000,
        bytes_free: int = 1 << 30,
    ) -> None:
        self.bytes_free = bytes_free
        self.writes = self.aborted = 0
        self.queue_views = {queue.name: queue for queue in queues}
        self._wall_ms = wall_ms
        self._records: dict[int, _Record] = {}

    def content(self, job_id: int) -> bytes:
        """The document of a job."""
        return self._records[job_id].content

    @property
    def all_jobs(self) -> tuple[JobView, ...]:
        """Every job, oldest first."""
        return tuple(record.job for record in self._records.values())

    def let_go(self, job_id: int) -> None:
        """The owner releases the job at the device: it prints."""
        self._complete(self._records[job_id])

    def held(self) -> tuple[int, ...]:
        """The jobs that wait for their owner."""
        return tuple(job.job_id for job in self.all_jobs if RELEASE_WAIT in job.state_reasons)

    async def queues(self) -> tuple[QueueView, ...]:
        """All queues."""
        return tuple([self._count(queue) for _, queue in sorted(self.queue_views.items())])

    async def queue(self, name: str) -> QueueView | None:
        """One queue."""
        return next((queue for queue in await self.queues() if queue.name == name), None)

    async def validate_job(self, request: JobRequest) -> Refusal | None:
        """Whether the queue takes jobs."""
        return None if self.queue_views[request.queue_name].is_accepting else QUEUE_CLOSED

    async def begin_job(
        self, request: JobRequest, document: DocumentInfo
    ) -> MemoryWriter | Refusal:
        """A writer for a job to be."""
        refusal = await self.validate_job(request)
        return refusal or MemoryWriter(self, document, partial(self._add, request))

    async def create_job(self, request: JobRequest) -> JobView | Refusal:
        """A job that waits for its document."""
        return await self.validate_job(request) or self._add(request).job

    async def open_document(
        self, job_id: int, user_name: str, document: DocumentInfo
    ) -> MemoryWriter | Refusal:
        """A writer for the document of a created job."""
        record = self._owned(job_id, user_name)
        if isinstance(record, Refusal):
            return record
        if not record.is_open:
            return NOT_POSSIBLE
        if record.job.document_count:
            return ONE_DOCUMENT
        return MemoryWriter(self, document, lambda: record)

    async def close_job(self, job_id: int, user_name: str) -> JobView | Refusal:
        """No further document comes."""
        record = self._owned(job_id, user_name)
        if isinstance(record, Refusal):
            return record
        if not record.is_open:
            return NOT_POSSIBLE
        record.is_open = False
        if record.job.document_count:
            return self._go(record)
        return self._end(record, JobState.ABORTED, "aborted-by-system")

    async def job(self, job_id: int) -> JobView | None:
        """One job."""
        record = self._records.get(job_id)
        return record.job if record else None

    async def jobs(
        self, queue_name: str | None, which: WhichJobs, user_name: str | None, limit: int
    ) -> tuple[JobView, ...]:
        """Some jobs."""
        found = [
            job
            for job in self.all_jobs
            if queue_name in {None, job.queue_name}
            and user_name in {None, job.user_name}
            and which in {WhichJobs.ALL, _list_of(job)}
        ]
        return tuple((found[::-1] if which is WhichJobs.COMPLETED else found)[:limit])

    async def cancel(self, job_id: int, user_name: str) -> JobView | Refusal:
        """End a job."""
        record = self._owned(job_id, user_name)
        if isinstance(record, Refusal):
            return record
        return self._end(record, JobState.CANCELED, "job-canceled-by-user")

    async def hold(self, job_id: int, user_name: str, hold_until: str) -> JobView | Refusal:
        """Keep a job."""
        record = self._owned(job_id, user_name)
        if isinstance(record, Refusal):
            return record
        record.job = replace(record.job, hold_until=hold_until)
        return self._go(record)

    async def release(self, job_id: int, user_name: str) -> JobView | Refusal:
        """End a hold; on a held queue the job still waits for its owner."""
        record = self._owned(job_id, user_name)
        if isinstance(record, Refusal):
            return record
        if record.job.hold_until == HOLD_NONE:
            return NOT_POSSIBLE
        return await self.hold(job_id, user_name, HOLD_NONE)

    def keep(self, writer: MemoryWriter, *, is_last: bool) -> JobView | Refusal:
        """A writer commits."""
        record = writer.record()
        if not record.is_open:
            return NOT_POSSIBLE
        record.content = bytes(writer.content)
        record.is_open = not is_last
        record.job = replace(
            record.job,
            document_name=writer.document.name,
            document_format=writer.document.format,
            document_bytes=len(writer.content),
            document_count=1,
        )
        return self._go(record) if is_last else record.job

    def _owned(self, job_id: int, user_name: str) -> _Record | Refusal:
        record = self._records.get(job_id)
        if record is None:
            return NO_SUCH_JOB
        if record.job.user_name != user_name:
            return NOT_OWNER
        return NOT_POSSIBLE if record.job.state.is_terminal else record

    def _add(self, request: JobRequest) -> _Record:
        job = JobView(
            job_id=len(self._records) + 1,
            job_uuid=str(uuid4()),
            queue_name=request.queue_name,
            job_name=request.job_name,
            user_name=request.user_name,
            state=JobState.PENDING_HELD,
            state_reasons=(JOB_INCOMING,),
            ticket=request.ticket,
            created_at_ms=WallMs(self._wall_ms()),
            release_action=self.queue_views[request.queue_name].release_action,
            hold_until=request.hold_until,
        )
        record = self._records[job.job_id] = _Record(job=job, is_open=True)
        return record

    def _go(self, record: _Record) -> JobView:
        """Let the job wait for what it has to wait for, or print it."""
        reasons = tuple(_waits(record))
        if not reasons:
            return self._complete(record)
        record.job = replace(record.job, state=JobState.PENDING_HELD, state_reasons=reasons)
        return record.job

    def _complete(self, record: _Record) -> JobView:
        record.job = replace(record.job, processing_at_ms=WallMs(self._wall_ms()))
        return self._end(record, JobState.COMPLETED, "job-completed-successfully")

    def _end(self, record: _Record, state: JobState, reason: str) -> JobView:
        record.is_open = False
        record.job = replace(
            record.job,
            state=state,
            state_reasons=(reason,),
            completed_at_ms=WallMs(self._wall_ms()),
        )
        return record.job

    def _count(self, queue: QueueView) -> QueueView:
        mine = [job for job in self.all_jobs if job.queue_name == queue.name]
        return replace(queue, queued_jobs=sum(not job.state.is_terminal for job in mine))


def _waits(record: _Record) -> Iterable[str]:
    if record.is_open:
        yield JOB_INCOMING
    if record.job.hold_until != HOLD_NONE:
        yield "job-hold-until-specified"
    if record.job.release_action is not ReleaseAction.NONE:
        yield RELEASE_WAIT


def _list_of(job: JobView) -> WhichJobs:
    return WhichJobs.COMPLETED if job.state.is_terminal else WhichJobs.NOT_COMPLETED
