"""Takes documents in: accepted is only what is on the disk, and a refusal comes before the bytes.

The document is synced on the spool first; then one transaction makes the job and its journal entry.
A crash between the two leaves a file without a job, which the next start sweeps away: nobody was
told yes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from failure_modes.facts import ReleaseFacts, SubmitFacts
from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import Action, HoldMode, Reason
from replication.entry_bodies import JobAccepted
from site_server.causes import Cause
from site_server.refusals import refusal, refusal_for, refusal_of
from site_server.service.charged_to import THE_USER, Charge
from site_server.store.jobs import Job

if TYPE_CHECKING:
    from site_server.ipp.service_port import DocumentInfo, JobRequest
    from site_server.ports import Spooled, SpoolWriter
    from site_server.service.count_pages import CountPages
    from site_server.service.ground import Ground
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.directory_rows import Queue
    from site_server.store.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A request for a job that may come in. `job_number` is set where the client has it already."""

    request: JobRequest
    queue: Queue
    job_uuid: str
    job_number: int | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the job counts as sent by its user wherever nobody vouches for it later."""
        return self.request.is_proven or not self.queue.needs_proof

    @property
    def is_direct(self) -> bool:
        """Whether the job goes to its printer by itself."""
        return self.queue.hold_mode is HoldMode.NONE


class SubmitJob:
    """The way in for documents."""

    def __init__(self, ground: Ground, decider: Decider, count_pages: CountPages) -> None:
        self._ground = ground
        self._decider = decider
        self._count_pages = count_pages
        self._uploads = 0

    def admit(self, request: JobRequest) -> Admitted:
        """Ask whether this job may come in; raises `RefusedError` where it may not.

        Every job waits until it is counted, so the question is that of a held queue; what it costs
        is asked when it is released. Where somebody lets it go later, they prove who they are then,
        or vouch for it, and they can be asked who pays. A direct queue has nobody to ask.
        """
        with self._ground.directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            queue = snapshot.queue(request.queue_name)
        if queue is None:
            raise refusal(Cause.NO_SUCH_QUEUE)
        admitted = Admitted(request=request, queue=queue, job_uuid=str(uuid4()))
        charge = Charge(is_proven=admitted.is_proven) if admitted.is_direct else THE_USER
        known = self._decider.known(request.user_name, queue.printer_name, charge)
        facts = _facts(admitted, charge, known)
        with self._ground.store.read() as site:
            decision = self._decider.decide(self._decider.view(site, known), known, facts)
            if decision.action is not Action.HOLD:
                raise refusal_of(decision, known.currency)
            if site.jobs.count_open() >= self._ground.limits.jobs_max:
                raise refusal(Cause.TOO_MANY_JOBS)
        return admitted

    @property
    def uploads(self) -> int:
        """Documents that arrive just now."""
        return self._uploads

    async def next_number(self) -> int:
        """A job number for a client that asks for it before it sends the document."""
        return await self._ground.store.write(lambda unit: unit.next_job_number())

    async def open_document(self) -> SpoolWriter:
        """A place for the document; raises `RefusedError` or `SpoolFullError` if there is none.

        Give it back with `close_document`, whatever happens.
        """
        if self._uploads >= self._ground.limits.uploads_max:
            raise refusal(Cause.TOO_MANY_UPLOADS)
        self._uploads += 1
        try:
            return await self._ground.spool.open()
        except BaseException:
            self._uploads -= 1
            raise

    def close_document(self) -> None:
        """The writer is done, whichever way."""
        self._uploads -= 1

    async def forget_document(self, job_uuid: str) -> None:
        """Take back a document that did not become a job.

        Whoever was interrupted while the job was written cannot know whether it was. Therefore the
        question is asked behind that write, in the same queue.
        """
        if await self._ground.store.write(lambda unit: unit.jobs.get(job_uuid) is None):
            await self._ground.spool.remove(job_uuid)

    async def accept(self, admitted: Admitted, document: DocumentInfo, spooled: Spooled) -> Job:
        """Make the job of a document that is safe on the spool. After this the answer is yes."""

        def work(unit: UnitOfWork) -> Job:
            if unit.jobs.count_open() >= self._ground.limits.jobs_max:
                raise refusal(Cause.TOO_MANY_JOBS)
            return _accepted(unit, admitted, document, spooled)

        job = await self._ground.store.write(work)
        self._count_pages.wake()
        _log.info(
            "job %d accepted on %s: %d bytes", job.job_number, job.queue_name, job.document_bytes
        )
        return job


def _facts(admitted: Admitted, charge: Charge, known: Known) -> SubmitFacts:
    ticket, hold_mode = admitted.request.ticket, admitted.queue.hold_mode
    job = ReleaseFacts(
        pages=None,
        copies=ticket.copies,
        paper_size=ticket.media or "",
        authenticated=charge.is_proven,
        choose_account=admitted.is_direct and charge.is_to_choose(known.policy),
    )
    return SubmitFacts(hold_mode=HoldMode.USER if admitted.is_direct else hold_mode, job=job)


def _accepted(
    unit: UnitOfWork, admitted: Admitted, document: DocumentInfo, spooled: Spooled
) -> Job:
    request = admitted.request
    ticket = request.ticket
    unit.journal.append(
        JobAccepted(
            job_uuid=admitted.job_uuid,
            user_name=request.user_name,
            queue_name=request.queue_name,
            job_name=request.job_name,
            bytes=spooled.bytes,
            sha256=spooled.sha256,
        )
    )
    return unit.jobs.add(
        Job(
            job_uuid=admitted.job_uuid,
            job_number=admitted.job_number or unit.next_job_number(),
            queue_name=request.queue_name,
            user_name=request.user_name,
            job_name=request.job_name,
            state=JobState.ACCEPTED,
            direct=admitted.is_direct,
            for_manager=admitted.queue.hold_mode is HoldMode.MANAGER,
            is_proven=admitted.is_proven,
            hold_until=request.hold_until,
            document_name=document.name,
            document_format=document.format,
            document_bytes=spooled.bytes,
            document_sha256=spooled.sha256,
            copies=ticket.copies,
            sides=ticket.sides,
            colour_mode=ticket.colour_mode,
            media=ticket.media,
            print_quality=ticket.print_quality,
            orientation=ticket.orientation,
            accepted_wall_ms=unit.wall_ms(),
        )
    )
