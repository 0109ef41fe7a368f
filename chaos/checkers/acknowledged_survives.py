"""Promise 3: whatever a site acknowledged survives, and reaches the ledger after healing.

An operation that a client heard "yes" to must have left its entry in the primary's ledger, with the
very content that the client sent or was told. Judge only after everything has healed and drained.

Weaker after two disasters, and only for what was answered in between: a disk that was put back has
forgotten what it had not handed in, and a headquarters that was restored what it alone had done
(`chaos.checkers.disasters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.disasters import disasters_of
from chaos.checkers.entries import body_of, journals
from chaos.checkers.verdict import Verdict, verdict
from chaos.history import Event, History, Operation, Outcome
from replication.entry_bodies import (
    BalanceAdjusted,
    Body,
    CopyFinished,
    CopyStarted,
    JobAccepted,
    JobDeleted,
    JobReleased,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chaos.final_state import FinalState

CHECKER: Final = "acknowledged_survives"

Trace = tuple[str | int, ...]
"""What an operation leaves behind, in a form in which event and entry can be compared."""

TRACE_OF_EVENT: Final[dict[Operation, Callable[[Event], Trace]]] = {
    Operation.PRINT: lambda e: ("accepted", e.text("job_name"), e.text("sha256")),
    Operation.RELEASE: lambda e: ("released", e.text("job_uuid")),
    Operation.DELETE: lambda e: ("deleted", e.text("job_uuid")),
    Operation.COPY_START: lambda e: ("copying", e.text("copy_uuid")),
    Operation.COPY_FINISH: lambda e: ("copied", e.text("copy_uuid"), e.number("cost_micros")),
    Operation.ADJUST: lambda e: ("adjusted", e.text("request_id"), e.number("amount_micros")),
}


def acknowledged_survives(history: History, state: FinalState) -> Verdict:
    """Invalid where a "yes" left nothing in the ledger, or an entry stayed behind at its site."""
    disasters = disasters_of(history)
    traces = {
        trace
        for entry in state.primary.entries
        if (body := body_of(entry)) is not None
        for trace in _traces(body)
    }
    acknowledged = [
        event for event in history.events(*TRACE_OF_EVENT) if event.outcome is Outcome.OK
    ]
    findings = [
        f"{event.node} said yes to {event.operation} {TRACE_OF_EVENT[event.operation](event)}, "
        "but the ledger does not know of it"
        for event in acknowledged
        if TRACE_OF_EVENT[event.operation](event) not in traces and not disasters.may_be_lost(event)
    ]
    findings.extend(_left_behind(state))
    return verdict(
        3,
        CHECKER,
        findings,
        judged=len(acknowledged),
        measured=f"{len(acknowledged)} acknowledged operations in the ledger",
    )


def _traces(body: Body) -> Iterator[Trace]:
    match body:
        case JobAccepted():
            yield ("accepted", body.job_name, body.sha256)
        case JobReleased():
            yield ("released", body.job_uuid)
        case JobDeleted():
            yield ("deleted", body.job_uuid)
        case CopyStarted():
            yield ("copying", body.copy_uuid)
        case CopyFinished():
            yield ("copied", body.copy_uuid, body.cost_micros)
        case BalanceAdjusted():
            yield ("adjusted", body.request_id, body.amount_micros)
        case _:
            return


def _left_behind(state: FinalState) -> Iterator[str]:
    ledger = journals(state.primary.entries)
    for site in state.sites:
        for key, own in journals(site.entries).items():
            received = {entry.seq for entry in ledger.get(key, [])}
            missing = [entry.seq for entry in own if entry.seq not in received]
            if missing:
                yield (
                    f"{site.site_name}, epoch {key[1]}: {len(missing)} entries from "
                    f"{missing[0]} on did not reach the ledger"
                )
