"""Promise 8: everything that may grow has a bound, and at it there is a clear refusal, in time.

Judged from two things in the history. Gauges say how large a queue, a spool, a batch or a message
was at its largest, and how large it may be. Refusals say no: with a stable reason, before anything
was accepted. So a document whose sender was told no is in no journal, at no site and in no tray.

A gauge whose bound is 0 is of something that must not be at all, such as a document in the spool
that belongs to no job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.entries import bodies, every_entry
from chaos.checkers.verdict import Verdict, verdict
from chaos.history import Gauge, History, Operation, Outcome
from failure_modes.vocabulary import Reason
from replication.entry_bodies import BalanceAdjusted, JobAccepted
from site_server.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.final_state import FinalState

CHECKER: Final = "bounded"
STABLE: Final = frozenset({*map(str, Cause), *map(str, Reason)})
"""The codes of all refusals."""
BY_PEOPLE: Final = frozenset(
    {
        Operation.PRINT,
        Operation.LOGIN,
        Operation.LIST,
        Operation.RELEASE,
        Operation.DELETE,
        Operation.LOGOUT,
        Operation.COPY_START,
        Operation.COPY_FINISH,
        Operation.ADJUST,
    }
)
"""What people ask for."""
UNANSWERED: Final = "nobody answers"
"""What a person says of a site that does not run: no refusal of it."""


def bounded(history: History, state: FinalState) -> Verdict:
    """Invalid where something outgrew its bound, or a no was unclear, or came too late."""
    largest = _largest(history)
    refusals = [
        event
        for event in history.events()
        if event.outcome is Outcome.REFUSED
        and event.operation in BY_PEOPLE
        and event.reason != UNANSWERED
    ]
    findings = [
        f"{gauge.what} of {gauge.node} was {gauge.value}, and may be {gauge.bound}"
        for gauge in largest
        if gauge.value > gauge.bound
    ]
    findings += [
        f"{event.node} refused {event.operation} without a stable reason: {event.reason!r}"
        for event in refusals
        if event.reason not in STABLE
    ]
    findings += _accepted_after_all(history, state)
    findings += _moved_after_all(history, state)
    reached = sorted({gauge.what for gauge in largest if gauge.value == gauge.bound > 0})
    return verdict(
        8,
        CHECKER,
        findings,
        judged=len(largest) + len(refusals),
        measured=f"{len(largest)} gauges, {len(refusals)} refusals; at their bound: {reached}",
    )


def _largest(history: History) -> list[Gauge]:
    largest: dict[tuple[str, str], Gauge] = {}
    for record in history.records:
        if isinstance(record, Gauge):
            before = largest.get((record.node, record.what))
            if before is None or record.value > before.value:
                largest[record.node, record.what] = record
    return list(largest.values())


def _moved_after_all(history: History, state: FinalState) -> Iterator[str]:
    moved = {body.request_id for body in bodies(every_entry(state), BalanceAdjusted)}
    outcomes: dict[str, set[Outcome]] = {}
    for event in history.events(Operation.ADJUST):
        outcomes.setdefault(event.text("request_id"), set()).add(event.outcome)
    for request_id, heard in outcomes.items():
        if heard == {Outcome.REFUSED} and request_id in moved:
            yield f"headquarters refused the adjustment {request_id}, and its money moved"


def _accepted_after_all(history: History, state: FinalState) -> Iterator[str]:
    accepted = {body.sha256 for body in bodies(every_entry(state), JobAccepted)}
    printed = {found.sha256 for found in state.documents}
    shown = {job.job_name for site in state.sites for job in site.jobs}
    for event in history.events(Operation.PRINT):
        sha256, name = event.text("sha256"), event.text("job_name")
        if event.outcome is not Outcome.REFUSED or not sha256:
            continue
        where = [
            text
            for text, is_there in (
                ("its journal accepted it", sha256 in accepted),
                ("a printer printed it", sha256 in printed),
                ("a site shows it", name in shown),
            )
            if is_there
        ]
        if where:
            yield f"{event.node} refused {name} ({event.reason}), but {' and '.join(where)}"
