"""What a person sees of jobs at a panel: what each costs there, and whether they may let it go.

A person sees their own jobs. A manager may also see every job that is held at this site.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from failure_modes.catalogue import CATALOGUE, render
from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import Reason
from site_server.causes import WORDS, Cause
from site_server.refusals import refusal
from site_server.service.charged_to import Charge
from site_server.service.duplicates import with_duplicate_age
from site_server.service.managers import manages
from site_server.service.release_job import NOT_NOW, facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failure_modes.decision import Decision
    from failure_modes.facts import View
    from failure_modes.vocabulary import Micros
    from site_server.service.ground import Ground
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.jobs import Job
    from site_server.store.sessions import PanelSession
    from site_server.store.unit_of_work import SiteView


JOBS_AT_ONCE: Final = 10
"""Other people's jobs that are looked at in one go: about 10 ms, in which nobody else is served."""
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
    """Lists jobs at a panel. Nothing is written, but that somebody is at hand may be told."""

    def __init__(self, ground: Ground, decider: Decider) -> None:
        self._store = ground.store
        self._clock = ground.clock
        self._decider = decider
        self._limit = ground.limits.jobs_per_list_max

    def list(self, session: PanelSession) -> JobList:
        """The open jobs of whoever is logged in."""
        known = self._decider.known(session.user_name, session.printer_name)
        with self._store.read() as site:
            jobs = site.jobs.open_of_user(session.user_name, self._limit)
            view = self._decider.view(site, known)
            listed = [self.listed(job, (known, view), site, session) for job in jobs]
        held = (each for each in listed if each.job.state is JobState.HELD)
        self._decider.expect(known, sum(each.cost_micros for each in held))
        return JobList(jobs=tuple(listed), currency=known.currency)

    def listed(
        self, job: Job, seen: tuple[Known, View], site: SiteView, session: PanelSession
    ) -> ListedJob:
        """A job of whoever is logged in, as their list shows it; `seen` is about them."""
        listed = self._listed(job, seen, site, session)
        if _is_kept(job) and not manages(seen[0].person, seen[0].policy):
            return _kept_for_manager(listed)
        return listed

    async def list_all(self, session: PanelSession) -> JobList:
        """Everybody's held jobs, as a release by the manager who is logged in would find them.

        Each may be another user's, so it is looked at in parts, and others are served in between.
        Raises `RefusedError` for whoever is no manager at this panel.
        """
        own = self._decider.known(session.user_name, session.printer_name)
        if not manages(own.person, own.policy):
            raise refusal(Cause.NOT_A_MANAGER)
        with self._store.read() as site:
            jobs = site.jobs.in_state(JobState.HELD, self._limit)
        listed: tuple[ListedJob, ...] = ()
        for first in range(0, len(jobs), JOBS_AT_ONCE):
            listed += self._part(jobs[first : first + JOBS_AT_ONCE], session)
            await asyncio.sleep(0)
        return JobList(jobs=listed, currency=own.currency)

    def _part(self, jobs: Sequence[Job], session: PanelSession) -> tuple[ListedJob, ...]:
        charge = Charge(manager_name=session.user_name)
        users = {job.user_name for job in jobs}
        knowns = self._decider.known_of_all(users, session.printer_name, charge)
        with self._store.read() as site:
            seen = {name: (one, self._decider.view(site, one)) for name, one in knowns.items()}
            return tuple(self._listed(job, seen[job.user_name], site, session) for job in jobs)

    def _listed(
        self, job: Job, seen: tuple[Known, View], site: SiteView, session: PanelSession
    ) -> ListedJob:
        known, view = seen
        needs_manager = job.for_manager or job.user_name != session.user_name
        charge = Charge(manager_name=session.user_name if needs_manager else None)
        asked = facts_of(job, charge, known.policy)
        facts = with_duplicate_age(asked, job, site, known.policy, self._clock.wall_ms())
        decision = self._decider.foresee(view, known, facts, self._decider.link_of(session))
        return _listed_job(job, decision, known.currency)


def _is_kept(job: Job) -> bool:
    return job.for_manager and job.state is JobState.HELD


def _kept_for_manager(listed: ListedJob) -> ListedJob:
    """The same job in front of whoever sent it and cannot let it go."""
    reason = Reason.HELD_FOR_MANAGER
    return replace(listed, may_go=False, reason=reason.value, reason_text=CATALOGUE[reason].message)


def _listed_job(job: Job, decision: Decision, currency: str) -> ListedJob:
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
