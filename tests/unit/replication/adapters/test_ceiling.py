from __future__ import annotations

from replication.adapters.ceiling import BURST_BYTES, Ceiling
from replication.testing import ManualClock


class Pauses:
    """Sleeps by moving the clock."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.s: list[float] = []

    async def __call__(self, delay: float, /) -> None:
        self.s.append(delay)
        self.clock.advance(round(delay * 1_000))


async def test_beyond_the_burst_a_download_keeps_to_the_rate() -> None:
    clock = ManualClock()
    pauses = Pauses(clock)
    ceiling = Ceiling(64 * 1024, clock=clock, pause=pauses)
    await ceiling.spend(BURST_BYTES)
    assert pauses.s == []
    for _ in range(10):
        await ceiling.spend(64 * 1024)
    assert pauses.s == [1.0] * 10


async def test_without_a_ceiling_nothing_waits() -> None:
    clock = ManualClock()
    pauses = Pauses(clock)
    ceiling = Ceiling(None, clock=clock, pause=pauses)
    await ceiling.spend(10**12)
    assert pauses.s == []
