"""The machine's own clocks: the only place that asks the operating system for the time."""

from __future__ import annotations

import time

from replication.ports import MonotonicMs, WallMs


class SystemClock:
    """A `Clock` on the machine's real clocks."""

    def wall_ms(self) -> WallMs:
        """Milliseconds since 1970 in UTC."""
        return WallMs(time.time_ns() // 1_000_000)

    def monotonic_ms(self) -> MonotonicMs:
        """Milliseconds since the machine started."""
        return MonotonicMs(time.monotonic_ns() // 1_000_000)
