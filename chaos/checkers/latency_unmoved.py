"""Promise 7: no request on a site waits for the WAN.

A cut WAN answers nothing, so whoever waits for it waits for a time-out: hundreds of milliseconds at
the least. The tolerance is far below that and far above the noise of a busy machine:

* the median of each decision while cut is at most three times its median while up, where a median
  below 10 ms counts as 10 ms ("the same order");
* no single decision while cut takes a second or longer;
* every decision while cut is answered.

A WAN that is slow, narrow or broken in another way is judged like one that is cut.

An operation with fewer than three samples on either side is not judged; with none judged the
verdict is unknown. Percentiles are for `bench`: they need thousands of samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import Verdict, verdict
from chaos.history import NOT_BY_WAITING, Event, FaultKind, History, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKER: Final = "latency_unmoved"
DECISIONS: Final = (
    Operation.LOGIN,
    Operation.LIST,
    Operation.RELEASE,
    Operation.COPY_START,
    Operation.COPY_FINISH,
)
TROUBLE: Final = frozenset({FaultKind.WAN_CUT, FaultKind.WAN_SPOILED})
DECISION_TEXT: Final = {Outcome.OK: "{}", Outcome.REFUSED: "{} refused"}
RATIO_MAX: Final = 3
FLOOR_US: Final = 10_000
STALL_US: Final = 1_000_000
SAMPLES_MIN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The latencies of one decision, in microseconds: with the WAN up, and while it was cut.

    A refusal is a decision too, but other work than a "yes", so it is compared with refusals.
    """

    decision: str
    up_us: tuple[int, ...]
    cut_us: tuple[int, ...]

    @property
    def judged(self) -> bool:
        """Whether there are enough samples on both sides."""
        return min(len(self.up_us), len(self.cut_us)) >= SAMPLES_MIN

    @property
    def allowed_us(self) -> float:
        """The slowest median while cut that is still of the same order."""
        return RATIO_MAX * max(median(self.up_us), FLOOR_US)


def latency_unmoved(history: History) -> Verdict:
    """Invalid where a decision took longer, or got no answer, because the WAN was cut."""
    compared = [latency for latency in latencies(history) if latency.judged]
    findings = [
        *(text for latency in compared for text in _moved(latency)),
        *_stalled(history),
    ]
    ratios = [median(one.cut_us) / max(median(one.up_us), 1) for one in compared]
    return verdict(
        7,
        CHECKER,
        findings,
        judged=len(compared),
        measured=f"cut/up ratio of medians at most {max(ratios):.2f}" if ratios else "",
    )


def latencies(history: History) -> tuple[Latency, ...]:
    """Each decision's latencies on both sides, over all sites; unanswered ones are left out."""
    cut = {node: _cuts(history, node) for node in history.nodes()}
    found = []
    for operation, outcome in product(DECISIONS, (Outcome.OK, Outcome.REFUSED)):
        events = [event for event in history.events(operation) if event.outcome is outcome]
        found.append(
            Latency(
                decision=DECISION_TEXT[outcome].format(operation),
                up_us=tuple(e.latency_us for e in events if not _during(e, cut[e.node])),
                cut_us=tuple(e.latency_us for e in events if _during(e, cut[e.node])),
            )
        )
    return tuple(found)


def _cuts(history: History, node: str) -> list[tuple[float, float]]:
    """When the WAN of `node` was cut, as monotonic milliseconds from and to."""
    cuts: list[tuple[float, float]] = []
    since: float | None = None
    for fault in history.faults(node):
        if fault.kind in TROUBLE and since is None:
            since = fault.monotonic_ms
        elif fault.kind is FaultKind.WAN_HEALED and since is not None:
            cuts.append((since, fault.monotonic_ms))
            since = None
    return cuts if since is None else [*cuts, (since, float("inf"))]


def _during(event: Event, cuts: list[tuple[float, float]]) -> bool:
    end_ms = event.monotonic_ms + event.latency_us / 1000
    return any(event.monotonic_ms < healed and end_ms > cut for cut, healed in cuts)


def _moved(latency: Latency) -> Iterator[str]:
    up, cut = median(latency.up_us), median(latency.cut_us)
    if cut > latency.allowed_us:
        yield (
            f"{latency.decision}: median {cut / 1000:.1f} ms while cut, {up / 1000:.1f} ms up; "
            f"{latency.allowed_us / 1000:.1f} ms is the same order"
        )


def _stalled(history: History) -> Iterator[str]:
    cut = {node: _cuts(history, node) for node in history.nodes()}
    for event in history.events(*DECISIONS):
        if not _during(event, cut[event.node]):
            continue
        if event.outcome is Outcome.UNKNOWN:
            if event.reason in NOT_BY_WAITING:
                continue
            yield f"{event.operation} at {event.node} got no answer while cut: {event.reason}"
        elif event.latency_us >= STALL_US:
            yield f"{event.operation} at {event.node} took {event.latency_us // 1000} ms while cut"
