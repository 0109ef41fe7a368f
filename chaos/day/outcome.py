"""What came of the day: visits, latencies, books, promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.checkers.latency_unmoved import DECISIONS
from chaos.day.graph import Call
from chaos.history import Event, FaultKind, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.checkers.verdict import Verdict
    from chaos.day.books import Books
    from chaos.day.gauges import Gauges
    from chaos.day.timetable import DayPlan, Outage
    from chaos.history import History

PANEL_CALLS = (*DECISIONS, Operation.LOGOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """Everything that the report and the closing lines say."""

    plan: DayPlan
    calls: Sequence[tuple[Operation, Call]]
    outages: Sequence[Outage]
    unserved: Sequence[str]
    gauges: Gauges
    books: Books
    verdicts: Sequence[Verdict]
    documents: int

    @property
    def is_well(self) -> bool:
        """Everybody was served, the books are right, and every promise was kept."""
        kept = all(verdict.kept for verdict in self.verdicts)
        return kept and self.books.are_right and not self.unserved

    def latencies_ms(self, operation: Operation, *, is_cut: bool) -> list[float]:
        """In order of length."""
        chosen = (c.ms for kind, c in self.calls if kind is operation and c.is_cut is is_cut)
        return sorted(chosen)


def calls_of(history: History, plan: DayPlan, began_ms: float) -> list[tuple[Operation, Call]]:
    """Every call of a panel, with the hour of the day in which it began."""
    cuts = {name: _cuts(history, name) for name in plan.site_names}
    return [
        (event.operation, _call(event, plan, began_ms, cuts))
        for event in history.events(*PANEL_CALLS)
        if event.monotonic_ms >= began_ms
    ]


def _call(
    event: Event, plan: DayPlan, began_ms: float, cuts: Mapping[str, list[tuple[float, float]]]
) -> Call:
    at_ms = event.monotonic_ms
    return Call(
        hour=plan.hour((at_ms - began_ms) / 1000),
        ms=event.latency_us / 1000,
        is_cut=any(begin <= at_ms < end for begin, end in cuts[event.node]),
        is_answered=event.outcome is not Outcome.UNKNOWN,
    )


def _cuts(history: History, name: str) -> list[tuple[float, float]]:
    begins = [f.monotonic_ms for f in history.faults(name) if f.kind is FaultKind.WAN_CUT]
    ends = [f.monotonic_ms for f in history.faults(name) if f.kind is FaultKind.WAN_HEALED]
    return list(zip(begins, ends, strict=True))
