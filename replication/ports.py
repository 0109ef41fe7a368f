"""What the servers need from the world, as small protocols, and the two kinds of time."""

from __future__ import annotations

from typing import Protocol

from failure_modes.vocabulary import Micros, MonotonicMs, WallMs

__all__ = ["Clock", "Micros", "MonotonicMs", "WallMs"]


class Clock(Protocol):
    """The two clocks of a node. They never mix: intervals use one, records the other."""

    def wall_ms(self) -> WallMs:
        """Milliseconds since 1970 in UTC; may jump. Only for what is stored, sent or shown."""
        ...

    def monotonic_ms(self) -> MonotonicMs:
        """Milliseconds since some moment; never goes back. Only for intervals."""
        ...
