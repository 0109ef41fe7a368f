"""Writes down what became of a released job: state, money and journal entry in one transaction.

The outcome of an older release than the job's present one is late news and changes nothing.

A job that was let out while nobody answered is not charged here: with `print_and_log_later` it
waits in the offline log (`settle_late`), with `print_unlogged` its printing is not journaled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from failure_modes.job_lifecycle import JobEvent, JobState
from failure_modes.vocabulary import Action
from replication.entry_bodies import JobNotPrinted, JobPrinted, JobUnknown
from site_server.ports import Fate

if TYPE_CHECKING:
    from site_server.ports import Outcome
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import UnitOfWork

OPEN_OUTCOME: Final = (JobState.RELEASING, JobState.UNKNOWN)
_REASON_CHARS_MAX: Final = 1000


def record_outcome(unit: UnitOfWork, job_uuid: str, fence: int, outcome: Outcome) -> Job | None:
    """The job as it is now; None where this outcome is late news or says nothing yet."""
    job = unit.jobs.get(job_uuid)
    if job is None or job.fence != fence or job.state not in OPEN_OUTCOME:
        return None
    match outcome.fate:
        case Fate.PRINTED:
            return _printed(unit, job)
        case Fate.NOT_PRINTED:
            return _not_printed(unit, job, outcome)
        case Fate.UNKNOWN if job.state is JobState.RELEASING:
            return _unknown(unit, job, outcome)
        case _:
            return None


def _printed(unit: UnitOfWork, job: Job) -> Job:
    """The only place where a job is charged that somebody decided about; see `settle_late`."""
    printed = job.after(
        JobEvent.PRINTED, ended_wall_ms=unit.wall_ms(), reason_code="", reason_text=""
    )
    if job.unanswered:
        unit.offline_log.printed(job.job_uuid, unit.wall_ms())
        return unit.jobs.save(printed)
    unit.reservations.close(job.reservation_id)
    unit.journal.append(
        JobPrinted(
            job_uuid=job.job_uuid,
            user_name=job.user_name,
            printer_name=job.printer_name,
            fence=job.fence,
            payer=job.payer,
            cost_micros=job.cost_micros,
            mono_pages=job.charged_mono_pages,
            colour_pages=job.charged_colour_pages,
            copies=job.copies,
        )
    )
    return unit.jobs.save(printed)


def _not_printed(unit: UnitOfWork, job: Job, outcome: Outcome) -> Job:
    held = job.after(
        JobEvent.NOT_PRINTED,
        printer_job_id=None,
        printed_sides=None,
        printed_colour_mode=None,
        unanswered="",
        reason_code=outcome.reason,
        reason_text=outcome.detail,
    )
    unit.reservations.close(job.reservation_id)
    unit.offline_log.drop(job.job_uuid)
    if job.unanswered == Action.PRINT_UNLOGGED:
        return unit.jobs.save(held)
    unit.journal.append(
        JobNotPrinted(
            job_uuid=job.job_uuid,
            printer_name=job.printer_name,
            fence=job.fence,
            reason=_reason(outcome),
        )
    )
    return unit.jobs.save(held)


def _unknown(unit: UnitOfWork, job: Job, outcome: Outcome) -> Job:
    """The reservation stays: whoever may still have to pay cannot spend that credit elsewhere."""
    unknown = job.after(
        JobEvent.OUTCOME_LOST, reason_code=outcome.reason, reason_text=outcome.detail
    )
    if job.unanswered == Action.PRINT_UNLOGGED:
        return unit.jobs.save(unknown)
    unit.journal.append(
        JobUnknown(
            job_uuid=job.job_uuid,
            printer_name=job.printer_name,
            fence=job.fence,
            reason=_reason(outcome),
        )
    )
    return unit.jobs.save(unknown)


def _reason(outcome: Outcome) -> str:
    return f"{outcome.reason}: {outcome.detail}"[:_REASON_CHARS_MAX]
