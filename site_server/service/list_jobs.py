"""What a person sees of their jobs at a panel: what each costs there, and whether it may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.catalogue import render
from failure_modes.job_lifecycle import JobState
from site_server.refusals import WORDS, Cause
from site_server.service.release_job import NOT_NOW, facts_of

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.vocabulary import Micros
    from site_server.service.ground import Ground
    from site_server.service.view import Decider
    from site_server.store.jobs import Job
    from site_server.store.sessions import PanelSession


CAUSES: Final = frozenset(cause.value for cause in Cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A job, and what a release at this panel would answer now."""

    job: Job
    cost_micros: Micros
    may_go: bool
    reason: str
    reason_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList:
    """The jobs of one person, oldest first."""

    jobs: tuple[ListedJob, ...]
    currency: str


class ListJobs:
    """Lists jobs at a panel. Nothing is written."""

    def __init__(self, ground: Ground, decider: Decider) -> None:
        self._store = ground.store
        self._decider = decider
        self._limit = ground.limits.jobs_per_list_max

    def list(self, session: PanelSession) -> JobList:
        """The open jobs of whoever is logged in."""
        known = self._decider.known(session.user_name, session.printer_name)
        with self._store.read() as site:
            jobs = site.jobs.open_of_user(session.user_name, self._limit)
            view = self._decider.view(site, known)
        listed = [
            listed_job(job, self._decider.decide(view, known, facts_of(job)), known.currency)
            for job in jobs
        ]
        return JobList(jobs=tuple(listed), currency=known.currency)


def listed_job(job: Job, decision: Decision, currency: str) -> ListedJob:
    """The job with what `decision` says of a release at this panel."""
    if job.state is not JobState.HELD:
        cause = NOT_NOW.get(job.state, Cause.JOB_IS_DONE)
        return ListedJob(
            job=job,
            cost_micros=job.cost_micros or decision.cost_micros,
            may_go=False,
            reason=cause,
            reason_text=job.reason_text or WORDS[cause].detail,
        )
    if decision.allowed and job.reason_code in CAUSES:
        reason, text = job.reason_code, job.reason_text  # why it came back from a printer
    else:
        reason, text = decision.reasons[0].value, render(decision, currency)
    return ListedJob(
        job=job,
        cost_micros=decision.cost_micros,
        may_go=decision.allowed,
        reason=reason,
        reason_text=text,
    )
