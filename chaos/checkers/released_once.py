"""Promise 4: no job is printed twice, no accepted job is lost, an unknown outcome is shown.

What was printed is taken from the printers' own records alone. Every document of a scenario has
bytes of its own, so its SHA-256 says which job it is, however often it arrives, and under whatever
name.

Of one kind of jobs nothing of this is promised: those that a site has two pasts of, since its disk
was copied or put back before they were at their end (`chaos.checkers.disasters`). What came out in
one past is still held in the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.checkers.disasters import CALM, Disasters, disasters_of
from chaos.checkers.entries import body_of, every_entry
from chaos.checkers.verdict import Verdict, verdict
from chaos.history import History, Operation, Outcome
from replication.entry_bodies import (
    Body,
    JobAccepted,
    JobDeleted,
    JobExpired,
    JobNotPrinted,
    JobPrinted,
    JobPrintedLate,
    JobReleased,
    JobUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.final_state import FinalState

CHECKER: Final = "released_once"

FATE_OF_BODY: Final[dict[type[Body], str]] = {
    JobReleased: "releasing",
    JobPrinted: "printed",
    JobPrintedLate: "printed",
    JobNotPrinted: "held",
    JobUnknown: "unknown",
    JobDeleted: "deleted",
    JobExpired: "expired",
}
GONE: Final = frozenset({"printed", "deleted", "expired"})
"""Fates after which a site need not show the job any more."""


@dataclass(slots=True, kw_only=True)
class _Job:
    """An accepted job and what its journal says became of it."""

    accepted: JobAccepted
    fate: str = "held"


def released_once(history: History, state: FinalState) -> Verdict:
    """Invalid where a document left a printer twice, or a job was lost, or its fate is a guess."""
    jobs = _jobs(state)
    printed = completed_documents(state)
    open_ones = disasters_of(history).open_when_parted(every_entry(state))
    findings = [
        *printed_twice(state, disasters_of(history)),
        *lost(history, state),
        *(
            text
            for uuid, job in jobs.items()
            if uuid not in open_ones
            for text in _guessed(job, printed)
        ),
    ]
    unknown = sum(1 for job in jobs.values() if job.fate == "unknown")
    return verdict(
        4,
        CHECKER,
        findings,
        judged=len(jobs),
        measured=f"{len(jobs)} jobs, {printed.total()} documents printed, {unknown} shown unknown",
    )


def completed_documents(state: FinalState) -> Counter[str]:
    """How often each document, by its SHA-256, was printed to its end."""
    return Counter(found.sha256 for found in state.documents if found.completed)


def printed_twice(state: FinalState, disasters: Disasters = CALM) -> list[str]:
    """Every document that was printed more often than it was accepted.

    Where a disk was put back a journal may have forgotten that it was accepted at all.
    """
    jobs = _jobs(state)
    open_ones = disasters.open_when_parted(every_entry(state))
    excused = {job.accepted.sha256 for uuid, job in jobs.items() if uuid in open_ones}
    accepted = Counter(job.accepted.sha256 for job in jobs.values())
    forgets = any(each.at_ms is not None for each in disasters.two_pasts)
    return [
        f"document {sha256[:12]} was printed {times} times, but accepted {accepted[sha256]} times"
        for sha256, times in completed_documents(state).items()
        if times > max(accepted[sha256], int(forgets)) and sha256 not in excused
    ]


def lost(history: History, state: FinalState) -> list[str]:
    """Every job that a site took, and that is neither at an end nor shown there any more."""
    jobs = _jobs(state)
    known = {job.accepted.sha256 for job in jobs.values()}
    disasters = disasters_of(history)
    open_ones = disasters.open_when_parted(every_entry(state))
    shown = {job.job_uuid for site in state.sites for job in site.jobs}
    return [
        f"{event.node} accepted {event.text('job_name')}, and no journal knows of it"
        for event in history.events(Operation.PRINT)
        if event.outcome is Outcome.OK
        and event.text("sha256") not in known
        and not disasters.may_be_lost(event)
    ] + [
        f"job {job.accepted.job_name} is {job.fate}, but its site does not show it"
        for uuid, job in jobs.items()
        if job.fate not in GONE and uuid not in shown and uuid not in open_ones
    ]


def _jobs(state: FinalState) -> dict[str, _Job]:
    """Every accepted job and its fate. What is at its end stays there.

    Entries of a former epoch may stand behind later ones: a restored headquarters gets them again
    at the end of the present journal, with the time that they are of.
    """
    entries = every_entry(state)
    bodies = [body for body in map(body_of, entries) if body is not None]
    jobs = {each.job_uuid: _Job(accepted=each) for each in bodies if isinstance(each, JobAccepted)}
    for body in bodies:
        job = jobs.get(getattr(body, "job_uuid", ""))
        if job is not None and type(body) in FATE_OF_BODY and job.fate not in GONE:
            job.fate = FATE_OF_BODY[type(body)]
    return jobs


def _guessed(job: _Job, printed: Counter[str]) -> Iterator[str]:
    name, times = job.accepted.job_name, printed[job.accepted.sha256]
    if job.fate == "printed" and not times:
        yield f"job {name} was charged as printed, but no printer has it"
    if job.fate in {"held", "deleted", "expired"} and times:
        yield f"job {name} is {job.fate}, but a printer printed it"
    if job.fate == "releasing":
        yield f"job {name} was released and its outcome never settled"
