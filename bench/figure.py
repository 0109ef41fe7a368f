"""One measured figure beside its peer, and the one line that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.machine import describe
from bench.spread import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure: `value` and `peer` are in `unit`; `met`: whether `target` (a text) holds."""

    name: str
    value: float
    unit: str
    peer: float
    target: str
    met: bool
    what: str = ""
    """What `value` is, for the table."""
    beside: str = ""
    """What the peer is."""
    rounds: tuple[float, ...] = ()
    """The ratio of each round, in the order in which they were measured."""

    @property
    def ratio(self) -> float:
        """`value` by `peer`: both were measured in the same run."""
        return self.value / self.peer

    @property
    def spread(self) -> Spread | None:
        """How far the rounds lie apart; None where there was one."""
        return Spread.of(self.rounds) if len(self.rounds) > 1 else None

    def line(self) -> str:
        """The closing line of a bench."""
        verdict = "met" if self.met else "missed"
        return (
            f"{self.name}: {self.value:.3g} {self.unit}, peer {self.peer:.3g}, "
            f"ratio {self.ratio:.2f}, target {self.target}: {verdict}"
        )

    def spread_line(self) -> str:
        """The line above it."""
        return str(self.spread) if self.spread else "spread of the ratio: unknown, one round only"


def percentile(samples: Sequence[float], percent: float) -> float:
    """The sample below which `percent` (0 to 100) of all lie; `samples` must not be empty."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def ratios(ours: Sequence[float], peers: Sequence[float]) -> tuple[float, ...]:
    """Round by round, ours by the peer's."""
    return tuple(one / other for one, other in zip(ours, peers, strict=True))


def machine() -> str:
    """What this machine is, for people."""
    return str(describe())
