"""Changes how a held job is wanted: copies, sides, colour. What is changed is what will be printed.

The change is written before anybody is told yes. Nothing is decided ahead: filters, limits and the
price are asked again at each release, so a job may be changed into one that may not go. The answer
says so at once. What the rules make of a job (conversions) still wins over what its owner wants.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failure_modes.vocabulary import Function, Reason
from site_server.causes import Cause
from site_server.refusals import refusal
from site_server.service.release_job import held_job

if TYPE_CHECKING:
    from site_server.service.ground import Ground
    from site_server.service.list_jobs import ListedJob, ListJobs
    from site_server.service.view import Decider
    from site_server.store.jobs import Job
    from site_server.store.sessions import PanelSession
    from site_server.store.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """What is to be different; None leaves it as it is. The keywords are IPP's, as in a ticket."""

    copies: int | None = None
    sides: str | None = None
    colour_mode: str | None = None

    def applied_to(self, job: Job) -> Job:
        """The job as it is wanted now. What the rules said of its former self is forgotten.

        So a job of a direct queue that waited for a person is tried again by itself; one that waits
        for a manager goes on waiting.
        """
        wanted: dict[str, Any] = {
            name: value
            for name in ("copies", "sides", "colour_mode")
            if (value := getattr(self, name)) is not None
        }
        if job.reason_code in Reason.__members__.values() and not job.for_manager:
            wanted |= {"reason_code": "", "reason_text": ""}
        return replace(job, **wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedJob:
    """The job as it is listed now."""

    listed: ListedJob
    currency: str


class ChangeJob:
    """Changes held jobs for their owners."""

    def __init__(self, ground: Ground, decider: Decider, list_jobs: ListJobs) -> None:
        self._store = ground.store
        self._decider = decider
        self._list_jobs = list_jobs

    async def change(
        self, session: PanelSession, job_uuid: str, settings: JobSettings
    ) -> ChangedJob:
        """Make the user's held job so; raises `RefusedError` where that cannot be."""
        known = self._decider.known(session.user_name, session.printer_name)

        def work(unit: UnitOfWork) -> ListedJob:
            view = self._decider.view(unit, known)
            self._decider.permit(view, known, Function.CHANGE_JOB_SETTINGS, session)
            before = _own(unit, job_uuid, session.user_name)
            job = settings.applied_to(before)
            if job != before:
                job = unit.jobs.save(job)
            return self._list_jobs.listed(job, (known, view), unit, session)

        listed = await self._store.write(work)
        _log.info("job %d changed by %s", listed.job.job_number, session.user_name)
        return ChangedJob(listed=listed, currency=known.currency)


def _own(unit: UnitOfWork, job_uuid: str, user_name: str) -> Job:
    job = unit.jobs.get(job_uuid)
    if job is not None and job.user_name != user_name:
        raise refusal(Cause.NOT_YOUR_JOB)
    return held_job(unit, job_uuid)
