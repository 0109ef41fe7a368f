"""The clocks of a simulated machine: the loop's time, and a wall clock that may be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replication.ports import MonotonicMs, WallMs

if TYPE_CHECKING:
    import asyncio

BEGIN_WALL_MS: Final = 1_767_600_000_000
"""A Monday morning, in UTC."""


class MachineClock:
    """A `Clock` of one machine; `ahead_ms` is how wrong its wall clock is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.ahead_ms = 0

    def wall_ms(self) -> WallMs:
        """What the machine takes for the time."""
        return WallMs(BEGIN_WALL_MS + self._passed_ms() + self.ahead_ms)

    def monotonic_ms(self) -> MonotonicMs:
        """Milliseconds since the simulation began."""
        return MonotonicMs(self._passed_ms())

    def _passed_ms(self) -> int:
        return int(self._loop.time() * 1000)
