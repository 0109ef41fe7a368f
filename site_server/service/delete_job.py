"""Takes jobs away: by their owner or a manager, by the clock, or settled by a person who looked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from failure_modes.errors import IllegalTransitionError
from failure_modes.job_lifecycle import TERMINAL, JobEvent, JobState
from replication.entry_bodies import JobDeleted, JobExpired
from site_server.causes import WORDS, Cause
from site_server.ports import Fate, Outcome
from site_server.refusals import refusal
from site_server.service.managers import is_manager
from site_server.service.record_outcome import record_outcome
from site_server.service.release_job import NOT_NOW

if TYPE_CHECKING:
    from site_server.service.ground import Ground
    from site_server.store.jobs import Job
    from site_server.store.sessions import PanelSession
    from site_server.store.unit_of_work import UnitOfWork

EXPIRED_PER_TRANSACTION_MAX: Final = 50
"""About 10 ms: a person who releases meanwhile waits no longer than that."""
BY_A_PERSON: Final = "settled by a person"

_log = logging.getLogger(__name__)


class DeleteJob:
    """Ends jobs without printing them."""

    def __init__(self, ground: Ground) -> None:
        self._store = ground.store
        self._spool = ground.spool
        self._directory = ground.directory

    async def delete_at_panel(self, job_uuid: str, session: PanelSession) -> Job:
        """Take away a job of whoever is logged in, or as a manager anybody's.

        Raises `RefusedError` where that is not possible.
        """
        user_name = session.user_name
        may_all = is_manager(self._directory, user_name, session.printer_name)
        return await self.delete(job_uuid, user_name, may_all=may_all)

    async def delete(self, job_uuid: str, user_name: str, *, may_all: bool = False) -> Job:
        """Take the user's own job away, or where they `may_all` anybody's.

        Raises `RefusedError` where that is not possible.
        """
        job = await self._store.write(
            lambda unit: _deleted(unit, job_uuid, user_name, may_all=may_all)
        )
        await self._spool.remove(job_uuid)
        _log.info("job %d deleted by %s", job.job_number, user_name)
        return job

    async def expire_before(self, accepted_wall_ms: int) -> int:
        """Take away what nobody released since then; how many jobs that were."""
        total = 0
        while self._has_waited_since(accepted_wall_ms):
            jobs = await self._store.write(lambda unit: _expired(unit, accepted_wall_ms))
            for job in jobs:
                await self._spool.remove(job.job_uuid)
                _log.info("job %d expired", job.job_number)
            total += len(jobs)
        return total

    def _has_waited_since(self, accepted_wall_ms: int) -> bool:
        with self._store.read() as site:
            return bool(site.jobs.waiting_since(accepted_wall_ms, 1))

    async def settle(self, job_uuid: str, *, printed: bool) -> Job:
        """Write down what a person saw of a job whose outcome was unknown."""
        job = await self._store.write(lambda unit: _settled(unit, job_uuid, printed=printed))
        if not job.is_open:
            await self._spool.remove(job_uuid)
        _log.info("job %d %s: printed is %s", job.job_number, BY_A_PERSON, printed)
        return job


def _deleted(unit: UnitOfWork, job_uuid: str, user_name: str, *, may_all: bool) -> Job:
    job = unit.jobs.get(job_uuid)
    if job is None:
        raise refusal(Cause.NO_SUCH_JOB)
    if job.user_name != user_name and not may_all:
        raise refusal(Cause.NOT_YOUR_JOB)
    if job.state in TERMINAL:
        raise refusal(Cause.JOB_IS_DONE)
    try:
        gone = job.after(JobEvent.DELETED, ended_wall_ms=unit.wall_ms())
    except IllegalTransitionError as error:
        raise refusal(NOT_NOW[job.state]) from error
    unit.journal.append(JobDeleted(job_uuid=job_uuid, by_user_name=user_name))
    return unit.jobs.save(gone)


def _expired(unit: UnitOfWork, accepted_wall_ms: int) -> list[Job]:
    jobs = unit.jobs.waiting_since(accepted_wall_ms, EXPIRED_PER_TRANSACTION_MAX)
    for job in jobs:
        unit.journal.append(JobExpired(job_uuid=job.job_uuid))
        unit.jobs.save(job.after(JobEvent.EXPIRED, ended_wall_ms=unit.wall_ms()))
    return jobs


def _settled(unit: UnitOfWork, job_uuid: str, *, printed: bool) -> Job:
    job = unit.jobs.get(job_uuid)
    if job is None:
        raise refusal(Cause.NO_SUCH_JOB)
    if job.state is not JobState.UNKNOWN:
        raise refusal(NOT_NOW.get(job.state, Cause.JOB_IS_DONE))
    fate = Fate.PRINTED if printed else Fate.NOT_PRINTED
    outcome = Outcome(fate=fate, reason=Cause.SETTLED, detail=WORDS[Cause.SETTLED].detail)
    return record_outcome(unit, job_uuid, job.fence, outcome) or job
