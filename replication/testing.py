"""Doubles of the ports of `replication`, for tests, chaos and bench."""

from __future__ import annotations

from replication.ports import MonotonicMs, WallMs


class ManualClock:
    """A `Clock` that stands still until told: `advance` moves both clocks, `jump` only the wall clock."""

    def __init__(self, *, wall_ms: int = 1_800_000_000_000, monotonic_ms: int = 1_000) -> None:
        self._wall_ms = wall_ms
        self._monotonic_ms = monotonic_ms

    def wall_ms(self) -> WallMs:
        """The wall time that was last set."""
        return WallMs(self._wall_ms)

    def monotonic_ms(self) -> MonotonicMs:
        """The monotonic time that was last set."""
        return MonotonicMs(self._monotonic_ms)

    def advance(self, ms: int) -> None:
        """Let `ms` (>= 0) pass."""
        self._wall_ms += ms
        self._monotonic_ms += ms

    def jump(self, ms: int) -> None:
        """Set the wall clock forward or back by `ms`, as a bad time server would."""
        self._wall_ms += ms
