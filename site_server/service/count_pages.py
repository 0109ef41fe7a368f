"""Counts the pages of accepted documents, a few at a time, after they were accepted.

A document that cannot be counted is held all the same, with the reason; the policy decides later
what that means. Nobody waits for a count: an accepted job is safe, and shown, before it is counted.

The store is the queue: a counter takes the oldest accepted job that no other one has. So nothing is
lost at a restart, and the queue has the bound that the jobs have.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from failure_modes.job_lifecycle import JobEvent, JobState
from failure_modes.vocabulary import Reason
from replication.entry_bodies import JobCounted
from replication.errors import StorageError, StorageFullError
from site_server.ports import Counted
from site_server.service.release_job import is_waiting_for_attempt

if TYPE_CHECKING:
    from site_server.ports import Counter
    from site_server.service.ground import Ground
    from site_server.service.release_job import ReleaseJob
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import UnitOfWork

REASON_CHARS_MAX: Final = 255
COUNTER_FAILED: Final = Counted(pages=None, reason="the page counter failed; see the site's log")


class CountPages:
    """The counting at this site. `run` it once for each counter."""

    def __init__(self, ground: Ground, release_job: ReleaseJob) -> None:
        self._ground = ground
        self._release_job = release_job
        self._counting: set[str] = set()
        self._added = asyncio.Event()

    def wake(self) -> None:
        """Say that a job was accepted."""
        self._added.set()

    async def run(self, counter: Counter) -> None:
        """Count one document after the other, for ever."""
        while True:
            job = self._next()
            if job is None:
                self._added.clear()
                await self._added.wait()
                continue
            self._counting.add(job.job_uuid)
            try:
                await self.count(job, counter)
            finally:
                self._counting.discard(job.job_uuid)

    async def count(self, job: Job, counter: Counter) -> None:
        """Count one document, write it down, and send the job on where nobody holds it."""
        counted = await self._count(job, counter)
        held: Job | None = None

        async def written() -> str:
            nonlocal held
            try:
                held = await self._ground.store.write(
                    lambda unit: _counted(unit, job.job_uuid, counted)
                )
            except (StorageError, StorageFullError) as error:
                return str(error)
            return ""

        await self._ground.supervisor.retry(f"the page count of job {job.job_number}", written)
        if held is not None and is_waiting_for_attempt(held, self._ground.clock.wall_ms()):
            # Where the disk is full just now, the clock tries again.
            with suppress(StorageError, StorageFullError):
                await self._release_job.release_direct(held)

    def _next(self) -> Job | None:
        with self._ground.store.read() as site:
            accepted = site.jobs.in_state(JobState.ACCEPTED, len(self._counting) + 1)
        return next((job for job in accepted if job.job_uuid not in self._counting), None)

    async def _count(self, job: Job, counter: Counter) -> Counted:
        counted = COUNTER_FAILED

        async def work() -> None:
            nonlocal counted
            path = self._ground.spool.path(job.job_uuid)
            counted = await counter.count(path, job.document_format)

        await self._ground.supervisor.survives(f"counting of job {job.job_number}", work)
        return counted


def _counted(unit: UnitOfWork, job_uuid: str, counted: Counted) -> Job | None:
    job = unit.jobs.get(job_uuid)
    if job is None or job.state is not JobState.ACCEPTED:
        return None
    pages = counted.pages
    reason = "" if pages else counted.reason or Reason.PAGES_UNKNOWN.value
    held = job.after(
        JobEvent.COUNTED,
        mono_pages=pages.mono if pages else None,
        colour_pages=pages.colour if pages else None,
        count_reason=reason,
    )
    unit.journal.append(
        JobCounted(
            job_uuid=job_uuid,
            mono_pages=pages.mono if pages else 0,
            colour_pages=pages.colour if pages else 0,
            reason=reason[:REASON_CHARS_MAX],
        )
    )
    return unit.jobs.save(held)
