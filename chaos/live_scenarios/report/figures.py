"""How long decisions took, with the fault and without it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, Final

from chaos.history import Event, Operation, Outcome
from chaos.live_scenarios.timeline import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaos.live_scenarios.result import Result
    from chaos.live_scenarios.timeline import Mark

DECISIONS: Final = (
    Operation.LOGIN,
    Operation.LIST,
    Operation.RELEASE,
    Operation.COPY_START,
    Operation.COPY_FINISH,
    Operation.PRINT,
)
WORDS: Final = {
    Operation.LOGIN: "log in",
    Operation.LIST: "list the jobs",
    Operation.RELEASE: "release",
    Operation.COPY_START: "begin to copy",
    Operation.COPY_FINISH: "end copying",
    Operation.PRINT: "print, with the start of ipptool",
}
EVERYWHERE: Final = frozenset({"", "primary"})
"""What is done to these is a fault for every site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A fault at a site, in milliseconds of the story; without an end it lasted to the end."""

    name: str
    site: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Some latencies of one decision, in microseconds."""

    values_us: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.values_us)

    @property
    def median_us(self) -> float | None:
        """The middle one."""
        return median(self.values_us) if self.values_us else None

    @property
    def worst_us(self) -> int | None:
        """The longest."""
        return max(self.values_us, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One decision on both sides."""

    decision: str
    without: Latencies
    during: Latencies


def windows(marks: Sequence[Mark], end_ms: int) -> tuple[Window, ...]:
    """Every fault from its beginning to its end."""
    open_since: dict[tuple[str, str], int] = {}
    found = []
    for mark in marks:
        key = (mark.site, mark.text)
        if mark.kind is MarkKind.BEGAN:
            open_since.setdefault(key, mark.at_ms)
        elif mark.kind is MarkKind.ENDED and key in open_since:
            found.append((key, open_since.pop(key), mark.at_ms))
    found += [(key, since_ms, end_ms) for key, since_ms in open_since.items()]
    return tuple(
        Window(name=name, site=site, from_ms=from_ms, to_ms=to_ms)
        for (site, name), from_ms, to_ms in sorted(found, key=lambda each: each[1:])
    )


def windows_of(site: str, all_windows: Iterable[Window]) -> tuple[Window, ...]:
    """Those that touch this site."""
    return tuple(w for w in all_windows if w.site == site or w.site in EVERYWHERE)


def decisions(result: Result, site: str = "") -> tuple[Event, ...]:
    """The decisions of a site, or of all of them."""
    found = result.history.events(*DECISIONS)
    return tuple(event for event in found if not site or event.node == site)


def figures(result: Result) -> tuple[Figure, ...]:
    """A figure for each decision that somebody got an answer to."""
    faults = windows(result.marks, result.took_ms)
    found = []
    for operation, outcome in product(DECISIONS, (Outcome.OK, Outcome.REFUSED)):
        events = [
            event
            for event in decisions(result)
            if event.operation is operation and event.outcome is outcome
        ]
        during = [e for e in events if during_fault(e, result, windows_of(e.node, faults))]
        without = [e for e in events if e not in during]
        if events:
            words = WORDS[operation] + (", refused" if outcome is Outcome.REFUSED else "")
            found.append(
                Figure(decision=words, without=_latencies(without), during=_latencies(during))
            )
    return tuple(found)


def during_fault(event: Event, result: Result, faults: Iterable[Window]) -> bool:
    """Whether a part of it fell into a fault."""
    from_ms = event.monotonic_ms - result.began_ms
    to_ms = from_ms + event.latency_us / 1000
    return any(from_ms < window.to_ms and to_ms > window.from_ms for window in faults)


def worst_during(result: Result) -> int | None:
    """The longest decision at a panel while there was a fault, in microseconds."""
    faults = windows(result.marks, result.took_ms)
    return max(
        (
            event.latency_us
            for event in decisions(result)
            if event.operation is not Operation.PRINT
            and event.outcome is not Outcome.UNKNOWN
            and during_fault(event, result, windows_of(event.node, faults))
        ),
        default=None,
    )


def _latencies(events: Iterable[Event]) -> Latencies:
    return Latencies(values_us=tuple(event.latency_us for event in events))
