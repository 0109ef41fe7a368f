"""Holds that a job's own ticket or Hold-Job asks for, and their end.

A user name that comes over IPP is claimed, not proved. Ending such a hold therefore never lets a
job of a held queue leave: it goes on waiting for its owner at a panel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from failure_modes.job_lifecycle import JobState
from site_server.causes import Cause
from site_server.ipp.service_port import HOLD_NONE
from site_server.refusals import refusal
from site_server.service.release_job import NOT_NOW

if TYPE_CHECKING:
    from site_server.service.ground import Ground
    from site_server.service.release_job import ReleaseJob
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import UnitOfWork

NOT_RELEASED: Final = (JobState.ACCEPTED, JobState.HELD)


class HoldJob:
    """Changes what a job that is not released waits for."""

    def __init__(self, ground: Ground, release_job: ReleaseJob) -> None:
        self._store = ground.store
        self._release_job = release_job

    async def hold(self, job: Job, hold_until: str) -> Job:
        """Keep the job; `no-hold` ends a hold. Raises `RefusedError` once it is released."""
        return await self._set(job, hold_until)

    async def end_hold(self, job: Job) -> Job:
        """End the hold; a job of a direct queue then goes to its printer.

        Raises `RefusedError` for a job that only its owner at a panel may let go.
        """
        if job.state not in NOT_RELEASED:
            raise refusal(NOT_NOW.get(job.state, Cause.JOB_IS_DONE))
        if job.hold_until == HOLD_NONE and not job.direct:
            raise refusal(Cause.RELEASE_AT_PANEL)
        return await self._set(job, HOLD_NONE)

    async def _set(self, job: Job, hold_until: str) -> Job:
        def work(unit: UnitOfWork) -> Job:
            stored = unit.jobs.get(job.job_uuid)
            if stored is None or stored.state not in NOT_RELEASED:
                state = stored.state if stored else JobState.CANCELLED
                raise refusal(NOT_NOW.get(state, Cause.JOB_IS_DONE))
            return unit.jobs.save(replace(stored, hold_until=hold_until))

        held = await self._store.write(work)
        if held.direct and held.state is JobState.HELD and hold_until == HOLD_NONE:
            await self._release_job.release_direct(held)
        with self._store.read() as site:
            return site.jobs.get(job.job_uuid) or held
