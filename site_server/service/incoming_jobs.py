"""Jobs that a client has made and whose document has not come: in memory, bounded, short-lived.

Nothing is promised for such a job, so a restart may forget it. Its number is never given out again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from site_server.causes import Cause
from site_server.refusals import refusal

if TYPE_CHECKING:
    from failure_modes.vocabulary import MonotonicMs, WallMs
    from replication.ports import Clock
    from site_server.service.submit_job import Admitted

ENDED_KEPT_MAX: Final = 200
"""Ended ones that are still shown to a client that asks."""


class IncomingState(StrEnum):
    """Where a job without a document stands."""

    OPEN = "open"
    RECEIVING = "receiving"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


ENDED: Final = frozenset({IncomingState.CANCELLED, IncomingState.ABORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingJob:
    """A created job without its document."""

    job_number: int
    admitted: Admitted
    state: IncomingState
    created_wall_ms: WallMs
    touched_ms: MonotonicMs
    ended_wall_ms: WallMs | None = None

    @property
    def user_name(self) -> str:
        """Who made it."""
        return self.admitted.request.user_name

    @property
    def is_open(self) -> bool:
        """Whether its document may still come."""
        return self.state not in ENDED


class IncomingJobs:
    """The created jobs whose document has not come, by number."""

    def __init__(self, clock: Clock, incoming_max: int) -> None:
        self._clock = clock
        self._incoming_max = incoming_max
        self._jobs: dict[int, IncomingJob] = {}

    def check_room(self) -> None:
        """Raise `RefusedError` where no further job may be created."""
        if sum(job.is_open for job in self._jobs.values()) >= self._incoming_max:
            raise refusal(Cause.TOO_MANY_JOBS)

    def add(self, job_number: int, admitted: Admitted) -> IncomingJob:
        """Remember a created job."""
        job = IncomingJob(
            job_number=job_number,
            admitted=replace(admitted, job_number=job_number),
            state=IncomingState.OPEN,
            created_wall_ms=self._clock.wall_ms(),
            touched_ms=self._clock.monotonic_ms(),
        )
        self._jobs[job_number] = job
        return job

    def get(self, job_number: int) -> IncomingJob | None:
        """The created job of this number, also an ended one."""
        return self._jobs.get(job_number)

    def all_open(self) -> list[IncomingJob]:
        """The created jobs whose document may still come, oldest first."""
        return [job for job in self._jobs.values() if job.is_open]

    def all_ended(self) -> list[IncomingJob]:
        """The created jobs that ended without a document, newest first."""
        return [job for job in reversed(self._jobs.values()) if not job.is_open]

    def receive(self, job_number: int) -> None:
        """Its document begins to arrive; raises `RefusedError` unless it waits for one."""
        job = self._jobs.get(job_number)
        if job is None or job.state is IncomingState.RECEIVING:
            raise refusal(Cause.HAS_DOCUMENT)
        if not job.is_open:
            raise refusal(Cause.JOB_IS_DONE)
        self._set(job, IncomingState.RECEIVING)

    def wait_again(self, job_number: int) -> None:
        """Its document broke off; another attempt may come."""
        job = self._jobs.get(job_number)
        if job is not None and job.state is IncomingState.RECEIVING:
            self._set(job, IncomingState.OPEN)

    def check_receiving(self, job_number: int) -> None:
        """Raise `RefusedError` where the document that arrives is not wanted any more."""
        job = self._jobs.get(job_number)
        if job is None or job.state is not IncomingState.RECEIVING:
            raise refusal(Cause.JOB_IS_DONE)

    def hold(self, job_number: int, hold_until: str) -> IncomingJob:
        """Let the job be held once it has its document."""
        job = self._jobs.get(job_number)
        if job is None or not job.is_open:
            raise refusal(Cause.JOB_IS_DONE)
        request = replace(job.admitted.request, hold_until=hold_until)
        held = replace(job, admitted=replace(job.admitted, request=request))
        return self._set(held, job.state)

    def forget(self, job_number: int) -> None:
        """It has its document: from now on it stands in the store."""
        self._jobs.pop(job_number, None)

    def end(self, job_number: int, state: IncomingState) -> IncomingJob:
        """Let it end without a document; raises `RefusedError` where it has ended before."""
        job = self._jobs.get(job_number)
        if job is None or not job.is_open:
            raise refusal(Cause.JOB_IS_DONE)
        ended = self._set(replace(job, ended_wall_ms=self._clock.wall_ms()), state)
        for old in self.all_ended()[ENDED_KEPT_MAX:]:
            del self._jobs[old.job_number]
        return ended

    def abort_idle(self, idle_ms: int) -> int:
        """End the jobs whose document does not come; how many they were."""
        now_ms = self._clock.monotonic_ms()
        idle = [
            job.job_number
            for job in self._jobs.values()
            if job.state is IncomingState.OPEN and now_ms - job.touched_ms >= idle_ms
        ]
        for job_number in idle:
            self.end(job_number, IncomingState.ABORTED)
        return len(idle)

    def _set(self, job: IncomingJob, state: IncomingState) -> IncomingJob:
        changed = replace(job, state=state, touched_ms=self._clock.monotonic_ms())
        self._jobs[job.job_number] = changed
        return changed
