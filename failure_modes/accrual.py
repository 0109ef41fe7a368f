"""How suspicious a silence is, judged by the rhythm that was heard before it.

Theory of operation. An accrual detector does not say "dead" or "alive"; it says how unlikely a
silence is, on a scale (phi) where each step of one means ten times less likely: phi 8 is a silence
that a healthy link shows once in a hundred million beats. The intervals heard so far are taken as
normally distributed; phi is -log10 of the chance that the next beat is still to come.

Two guards, because a rhythm can be too good and too short:

* The deviation has a floor. On a quiet network beats come to the millisecond, the measured
  deviation is near nothing, and without a floor a single lost beat would be a proof of death.
* Fewer than `intervals_min` intervals are no rhythm: nothing is suspected then.

An outage is no rhythm either: an interval of `interval_max_ms` or more is not learnt, or each cut
would make the detector blind for the next one.

Rejected: a detector without fixed numbers beside it. An operator can check "three beats lost" with
a watch; nobody can check a phi. So this one only ever speaks earlier than the fixed numbers do.
"""

from dataclasses import dataclass
from math import erfc, log10, sqrt
from typing import Final

from failure_modes.errors import PolicyError, check
from failure_modes.vocabulary import MonotonicMs

PHI_MAX: Final = 300.0
"""Beyond this the chance is no longer a floating-point number."""


WINDOW_MAX: Final = 10_000
"""Five hours of beats: a detector that remembers longer follows nothing."""
WINDOW_RULE: Final = f"1 <= intervals_min <= window <= {WINDOW_MAX} does not hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualTiming:
    """The numbers of the detector. Raises PolicyError with all that cannot be."""

    window: int = 100
    """Intervals remembered: three minutes of beats, so it follows a network within minutes."""
    intervals_min: int = 10
    """Intervals that make a rhythm."""
    deviation_floor_ms: int = 1_000
    """Half a beat: with it, a steady link is suspected between its second and third lost beat."""
    interval_max_ms: int = 10_000
    """From this on it was an outage, no interval."""
    phi_suspected: int = 8
    """From this phi on the link is suspected. 8: once in a hundred million beats."""

    def __post_init__(self) -> None:
        relations = (
            (1 <= self.intervals_min <= self.window <= WINDOW_MAX, WINDOW_RULE),
            (self.deviation_floor_ms >= 1, "deviation_floor_ms: at least 1 ms"),
            (self.interval_max_ms >= 1, "interval_max_ms: at least 1 ms"),
            (1 <= self.phi_suspected < PHI_MAX, f"phi_suspected: from 1 to {PHI_MAX:.0f}"),
        )
        problems = [text for holds, text in relations if not holds]
        if problems:
            raise PolicyError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """What is known of the rhythm of the beats."""

    timing: AccrualTiming
    heard_ms: MonotonicMs | None = None
    """The newest beat."""
    intervals_ms: tuple[int, ...] = ()
    """The newest intervals, oldest first, no more than `timing.window`."""

    def heard(self, now_ms: MonotonicMs) -> "Accrual":
        """Return the rhythm after one more beat."""
        intervals_ms = self.intervals_ms
        if self.heard_ms is not None:
            check(now_ms >= self.heard_ms, "time went back")
            interval_ms = now_ms - self.heard_ms
            if interval_ms < self.timing.interval_max_ms:
                intervals_ms = (*intervals_ms, interval_ms)[-self.timing.window :]
        return Accrual(timing=self.timing, heard_ms=now_ms, intervals_ms=intervals_ms)

    def phi(self, now_ms: MonotonicMs) -> float:
        """Return how suspicious the silence up to `now_ms` is: 0 is not at all."""
        if self.heard_ms is None or len(self.intervals_ms) < self.timing.intervals_min:
            return 0.0
        return silence_phi(
            now_ms - self.heard_ms, self.intervals_ms, self.timing.deviation_floor_ms
        )

    def is_suspected(self, now_ms: MonotonicMs) -> bool:
        """Return whether the silence up to `now_ms` is too unlikely for a healthy link."""
        return self.phi(now_ms) >= self.timing.phi_suspected


def silence_phi(silence_ms: int, intervals_ms: tuple[int, ...], deviation_floor_ms: int) -> float:
    """Return -log10 of the chance that an interval of this rhythm lasts longer than `silence_ms`.

    A longer silence is never less suspicious, and a higher floor never more, once the silence is
    longer than the mean interval.
    """
    mean_ms = sum(intervals_ms) / len(intervals_ms)
    variance = sum((each - mean_ms) ** 2 for each in intervals_ms) / len(intervals_ms)
    deviation_ms = max(sqrt(variance), deviation_floor_ms)
    chance = erfc((silence_ms - mean_ms) / (deviation_ms * sqrt(2))) / 2
    return PHI_MAX if chance <= 0 else min(-log10(chance), PHI_MAX)
