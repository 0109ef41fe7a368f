"""Lets a held job go to a printer, if the decision allows it.

Decision, fence, reservation and journal entry are one transaction, and the job goes out only after
it is on the disk. A refusal is written to the job, so that it is shown wherever the job is shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from failure_modes.catalogue import render
from failure_modes.facts import ReleaseFacts
from failure_modes.job_lifecycle import JobEvent, JobState
from failure_modes.policy import Policy
from failure_modes.rule_vocabulary import ConversionKind
from failure_modes.vocabulary import Action, Micros, Reason, Sides
from replication.entry_bodies import JobReleased, user_payer
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.ipp.service_port import HOLD_NONE
from site_server.refusals import refusal, refusal_for, refusal_of, retry_helps
from site_server.service.charged_to import (
    THE_USER,
    Charge,
    charge_again,
    charged_payer,
    reserved_payer,
)
from site_server.service.duplicates import with_duplicate_age
from site_server.service.managers import is_manager
from site_server.service.unanswered import record_bytes

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.vocabulary import LinkState, WallMs
    from site_server.service.dispatch import Dispatcher
    from site_server.service.ground import Ground
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import UnitOfWork

BUILT_IN: Final = Policy()
MONOCHROME: Final = "monochrome"
NOT_NOW: Final = {
    JobState.ACCEPTED: Cause.STILL_COUNTING,
    JobState.RELEASING: Cause.JOB_ON_ITS_WAY,
    JobState.UNKNOWN: Cause.OUTCOME_OPEN,
}
"""Why a job that is not held cannot be released; every other state is the end of it."""

ATTEMPT_MS_FIRST: Final = 5_000
ATTEMPT_MS_MAX: Final = 600_000
"""Each attempt is two journal entries; thirty in the usual four hours are enough."""
ATTEMPT_DOUBLINGS_MAX: Final = 10
ATTEMPTS_PER_TICK_MAX: Final = 200
"""Jobs looked at in one go: bounds how long a person at a panel waits for it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A job on its way, and the decision that let it go."""

    job: Job
    decision: Decision
    currency: str


def facts_of(job: Job, charge: Charge = THE_USER, policy: Policy = BUILT_IN) -> ReleaseFacts:
    """The question that releasing this job asks."""
    return ReleaseFacts(
        pages=job.pages,
        copies=job.copies,
        sides=Sides(job.sides),
        force_mono=job.colour_mode == MONOCHROME,
        document_name=job.document_name or job.job_name,
        document_format=job.document_format,
        spool_bytes=job.document_bytes,
        paper_size=job.media or "",
        authenticated=charge.is_proven,
        by_manager=charge.manager_name is not None,
        choose_account=charge.is_to_choose(policy),
        account_name=charge.account_name,
    )


class ReleaseJob:
    """Releases jobs: for a person at a panel, and by itself those of direct queues."""

    def __init__(self, ground: Ground, decider: Decider, dispatcher: Dispatcher) -> None:
        self._store = ground.store
        self._clock = ground.clock
        self._directory = ground.directory
        self._decider = decider
        self._dispatcher = dispatcher

    async def release(
        self,
        job_uuid: str,
        user_name: str,
        printer_name: str,
        charge: Charge = THE_USER,
        *,
        link: LinkState | None = None,
    ) -> Released:
        """Send a job to that printer: the user's own one, or as a manager anybody's.

        `link` is the state that the user's session is decided by; None is the present one. Raises
        `RefusedError` where it may not go.
        """
        with self._dispatcher.slot() as slot:
            owner, charge = self._asked_by(job_uuid, user_name, printer_name, charge)
            known = self._decider.known(owner, printer_name, charge)

            def work(unit: UnitOfWork) -> tuple[Job, Decision]:
                asked = (held_job(unit, job_uuid), known, charge)
                return self._decided(unit, asked, link)

            job, decision = await self._store.write(work)
            if not decision.allowed:
                raise refusal_of(decision, known.currency)
            self._dispatcher.start(job, known.printer.printer_uri, slot)
        _log.info("job %d released to %s: %s", job.job_number, printer_name, decision.reasons[0])
        return Released(job=job, decision=decision, currency=known.currency)

    async def release_direct(self, job: Job) -> None:
        """Send a job of a direct queue to its printer. A refusal stays with the job."""
        with self._directory.read() as snapshot:
            queue = snapshot.queue(job.queue_name) if snapshot else None
        try:
            if queue is None:
                raise refusal(Cause.NO_SUCH_QUEUE)
            again = charge_again(job)
            await self.release(job.job_uuid, job.user_name, queue.printer_name, again)
        except RefusedError as error:
            await self._note(job, error)

    async def release_waiting(self) -> None:
        """Send the jobs of direct queues that wait for nothing but a new attempt."""
        with self._store.read() as site:
            held = site.jobs.direct_held(ATTEMPTS_PER_TICK_MAX)
        now_ms = self._clock.wall_ms()
        for job in held:
            if is_waiting_for_attempt(job, now_ms):
                await self.release_direct(job)

    def _asked_by(
        self, job_uuid: str, user_name: str, printer_name: str, charge: Charge
    ) -> tuple[str, Charge]:
        """Whose job it is, and who vouches for it; raises `RefusedError` for whoever may not."""
        with self._store.read() as site:
            job = site.jobs.get(job_uuid)
        if job is None:
            raise refusal(Cause.NO_SUCH_JOB)
        is_own = job.user_name == user_name
        if is_own and not job.for_manager:
            return job.user_name, charge
        if not is_manager(self._directory, user_name, printer_name):
            raise refusal_for(Reason.HELD_FOR_MANAGER) if is_own else refusal(Cause.NOT_YOUR_JOB)
        return job.user_name, replace(charge, manager_name=user_name)

    def _decided(
        self, unit: UnitOfWork, asked: tuple[Job, Known, Charge], link: LinkState | None
    ) -> tuple[Job, Decision]:
        job, known, charge = asked
        view = self._decider.view(unit, known)
        facts = facts_of(job, charge, known.policy)
        facts = with_duplicate_age(facts, job, unit, known.policy, unit.wall_ms())
        decision = self._decider.decide(view, known, facts, link)
        if decision.allowed:
            return _let_go(unit, _vouched_for(job, charge), (known, charge), decision), decision
        return _kept(unit, job, decision.reasons[0], render(decision, known.currency)), decision

    async def _note(self, job: Job, error: RefusedError) -> None:
        def work(unit: UnitOfWork) -> None:
            stored = unit.jobs.get(job.job_uuid)
            if stored is not None and stored.state is JobState.HELD:
                _kept(unit, stored, error.reason, error.detail)

        await self._store.write(work)


def is_waiting_for_attempt(job: Job, now_ms: WallMs) -> bool:
    """Whether a held job of a direct queue may be sent now without a person.

    A job that a printer surely did not print may go again, after growing waits. Who has no credit,
    or a document that cannot be counted, needs a person.
    """
    if not job.direct or job.hold_until != HOLD_NONE:
        return False
    if job.reason_code and (
        not retry_helps(job.reason_code) or job.reason_code == Reason.NOT_ENOUGH_CREDIT
    ):
        return False
    wait_ms = min(ATTEMPT_MS_FIRST << min(job.fence, ATTEMPT_DOUBLINGS_MAX), ATTEMPT_MS_MAX)
    waited_ms = now_ms - (job.released_wall_ms or 0)
    return not 0 <= waited_ms < wait_ms  # a clock that was set back delays nothing


def held_job(unit: UnitOfWork, job_uuid: str) -> Job:
    """The job, which is held; raises `RefusedError` where there is none, or where it is not."""
    job = unit.jobs.get(job_uuid)
    if job is None:
        raise refusal(Cause.NO_SUCH_JOB)
    if job.state is not JobState.HELD:
        raise refusal(NOT_NOW.get(job.state, Cause.JOB_IS_DONE))
    return job


def _vouched_for(job: Job, charge: Charge) -> Job:
    """The job with what was said about it, so that another attempt needs nobody to say it again."""
    return replace(
        job,
        is_proven=charge.is_proven or charge.manager_name is not None,
        chosen_payer=charge.chosen_payer(job.user_name),
    )


def _let_go(unit: UnitOfWork, job: Job, answer: tuple[Known, Charge], decision: Decision) -> Job:
    known, charge = answer
    fence = job.fence + 1
    released = job.after(
        JobEvent.RELEASED,
        fence=fence,
        hold_until=HOLD_NONE,
        printer_name=known.printer.printer_name,
        printer_job_id=None,
        printed_sides=sides_made(decision),
        printed_colour_mode=_colour_mode_made(decision),
        payer=charged_payer(decision, job.user_name),
        cost_micros=decision.cost_micros,
        charged_mono_pages=_impressions(decision, colour=False) // job.copies,
        charged_colour_pages=_impressions(decision, colour=True) // job.copies,
        unanswered="" if decision.action is Action.ALLOW else decision.action.value,
        reason_code="",
        reason_text="",
        released_wall_ms=unit.wall_ms(),
    )
    for reserved in decision.reservations:
        unit.reservations.open(
            job.reservation_id,
            reserved_payer(reserved),
            Micros(reserved.amount_micros),
            unit.wall_ms(),
        )
    if released.unanswered:
        _let_go_unanswered(unit, released)
    if decision.action is Action.PRINT_UNLOGGED:
        return unit.jobs.save(released)
    unit.journal.append(
        JobReleased(
            job_uuid=job.job_uuid,
            user_name=job.user_name,
            printer_name=known.printer.printer_name,
            fence=fence,
            cost_micros=decision.cost_micros,
            by_user_name=None if charge.manager_name == job.user_name else charge.manager_name,
        )
    )
    return unit.jobs.save(released)


def _let_go_unanswered(unit: UnitOfWork, job: Job) -> None:
    """Take room in the offline log, and set the cost aside until it is charged."""
    if job.unanswered != Action.PRINT_AND_LOG_LATER:
        return
    unit.offline_log.add(job.job_uuid, record_bytes(job))
    payer = user_payer(job.user_name)
    unit.reservations.open(job.reservation_id, payer, job.cost_micros, unit.wall_ms())


def sides_made(decision: Decision) -> str | None:
    """On which sides the rules want it, None where they leave that alone."""
    is_changed = ConversionKind.FORCE_DUPLEX in decision.conversions
    return Sides.TWO_SIDED_LONG_EDGE.value if is_changed else None


def _colour_mode_made(decision: Decision) -> str | None:
    return MONOCHROME if ConversionKind.FORCE_MONO in decision.conversions else None


def _kept(unit: UnitOfWork, job: Job, reason: str, text: str) -> Job:
    if (job.reason_code, job.reason_text) == (reason, text):
        return job
    return unit.jobs.save(replace(job, reason_code=reason, reason_text=text))


def _impressions(decision: Decision, *, colour: bool) -> int:
    return sum(line.impressions for line in decision.lines if line.colour is colour)
