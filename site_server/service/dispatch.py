"""Takes released jobs to their printers and writes down what became of them.

Theory of operation
-------------------
A job gets here after its release is on the disk, so from now on it is `releasing` until an outcome
is on the disk too. Each printer has a lane with room for a few jobs at a time; the others wait in
order. The printer's own number of the job is recorded before the first byte of the document goes
out: where it is missing, nothing was sent and the job is held again; where it is there, the printer
is asked what became of it. That is all that a restart, an error of ours and a silent printer need
(`resume`), so they share one way. A job is never sent a second time by itself.

Slots bound all deliveries together. Whoever releases takes a slot first, so a full house is a clear
refusal before anything is decided.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from failure_modes.errors import check
from failure_modes.job_lifecycle import JobState
from replication.errors import StorageError, StorageFullError
from site_server.causes import WORDS, Cause
from site_server.ipp.service_port import JobTicket
from site_server.ports import Fate, Order, Outcome
from site_server.refusals import refusal
from site_server.service.record_outcome import record_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from site_server.ports import Delivery
    from site_server.service.ground import Ground
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import UnitOfWork

NOT_SENT: Final = Outcome(
    fate=Fate.NOT_PRINTED, reason=Cause.NOT_SENT, detail=WORDS[Cause.NOT_SENT].detail
)
NO_PRINTER: Final = Outcome(
    fate=Fate.UNREACHABLE, detail="its printer is not in the directory any more"
)

_log = logging.getLogger(__name__)


class Slot:
    """The right to one delivery. It goes back by itself unless the delivery took it over."""

    def __init__(self) -> None:
        self.taken_over = False


class Dispatcher:
    """Delivers jobs; every public method may be called at any time."""

    def __init__(self, ground: Ground, delivery: Delivery) -> None:
        self._store = ground.store
        self._directory = ground.directory
        self._spool = ground.spool
        self._supervisor = ground.supervisor
        self._limits = ground.limits
        self._delivery = delivery
        self._under_way = 0
        self._lanes: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(self._limits.per_printer_max)
        )

    @property
    def under_way(self) -> int:
        """Deliveries that have no outcome yet."""
        return self._under_way

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """A place for one delivery; raises `RefusedError` where there is none."""
        if self._under_way >= self._limits.deliveries_max:
            raise refusal(Cause.TOO_MANY_DELIVERIES)
        slot = Slot()
        self._under_way += 1
        try:
            yield slot
        finally:
            if not slot.taken_over:
                self._under_way -= 1

    def start(self, job: Job, printer_uri: str, slot: Slot) -> None:
        """Deliver a job whose release is on the disk."""
        slot.taken_over = True
        self._supervisor.spawn(
            f"delivery of job {job.job_number}",
            partial(self._deliver, job, printer_uri),
            partial(self._resume, job.job_uuid, job.fence),
        )

    def resume(self, job: Job) -> None:
        """Find out what became of a job that was on its way when the site stopped."""
        self._under_way += 1
        work = partial(self._resume, job.job_uuid, job.fence)
        self._supervisor.spawn(f"settling of job {job.job_number}", work, work)

    async def _deliver(self, job: Job, printer_uri: str) -> None:
        order = self._order(job, printer_uri)
        async with self._lanes[job.printer_name]:
            try:
                outcome = await self._delivery.deliver(order, partial(self._number, job))
            except (StorageError, StorageFullError) as error:
                outcome = replace(NOT_SENT, detail=str(error))
        await self._finish(job.job_uuid, job.fence, outcome)

    async def _resume(self, job_uuid: str, fence: int) -> None:
        """Settle by what is on the disk."""
        with self._store.read() as site:
            job = site.jobs.get(job_uuid)
        if job is None or job.fence != fence or job.state is not JobState.RELEASING:
            self._under_way -= 1
            return
        await self._finish(job_uuid, fence, Outcome(fate=Fate.UNREACHABLE))

    async def _finish(self, job_uuid: str, fence: int, outcome: Outcome) -> None:
        """Ask until there is an outcome, then write it down, however long the disk is full."""

        async def settled() -> str:
            nonlocal outcome
            if outcome.fate is Fate.UNREACHABLE:
                outcome = await self._ask(job_uuid)
            return outcome.detail or "no answer" if outcome.fate is Fate.UNREACHABLE else ""

        async def written() -> str:
            try:
                await self._record(job_uuid, fence, outcome)
            except (StorageError, StorageFullError) as error:
                return str(error)
            return ""

        await self._supervisor.retry(f"the outcome of job {job_uuid}", settled)
        await self._supervisor.retry(f"the record of job {job_uuid}", written)
        self._under_way -= 1

    async def _ask(self, job_uuid: str) -> Outcome:
        with self._store.read() as site:
            job = site.jobs.get(job_uuid)
        if job is None:
            return NOT_SENT
        with self._directory.read() as snapshot:
            printer = snapshot.printer(job.printer_name) if snapshot else None
        if job.printer_job_id is None:
            if printer is not None:
                await self._delivery.withdraw(printer.printer_uri, job_uuid)
            return NOT_SENT
        if printer is None:
            return NO_PRINTER
        return await self._delivery.settle(printer.printer_uri, job.printer_job_id, job_uuid)

    async def _record(self, job_uuid: str, fence: int, outcome: Outcome) -> None:
        job = await self._store.write(lambda unit: record_outcome(unit, job_uuid, fence, outcome))
        if job is None:
            return
        _log.info("job %d: %s %s", job.job_number, outcome.fate, outcome.detail)
        if not job.is_open:
            await self._spool.remove(job.job_uuid)

    async def _number(self, job: Job, printer_job_id: int) -> None:
        """Record the printer's number of the job; what was not recorded must not be sent."""

        def work(unit: UnitOfWork) -> None:
            stored = unit.jobs.get(job.job_uuid)
            is_ours = stored is not None and stored.fence == job.fence
            check(is_ours, f"job {job.job_number} is still on its way under this fence")
            unit.jobs.save(replace(stored or job, printer_job_id=printer_job_id))

        await self._store.write(work)

    def _order(self, job: Job, printer_uri: str) -> Order:
        return Order(
            job_uuid=job.job_uuid,
            fence=job.fence,
            printer_uri=printer_uri,
            document=self._spool.path(job.job_uuid),
            document_format=job.document_format,
            document_name=job.document_name,
            job_name=job.job_name,
            user_name=job.user_name,
            ticket=ticket_of(job),
        )


def ticket_of(job: Job) -> JobTicket:
    """How the pages of a job are wanted, and once it is released, how the rules want them."""
    return JobTicket(
        copies=job.copies,
        sides=job.printed_sides or job.sides,
        colour_mode=job.printed_colour_mode or job.colour_mode,
        media=job.media,
        print_quality=job.print_quality,
        orientation=job.orientation,
    )
