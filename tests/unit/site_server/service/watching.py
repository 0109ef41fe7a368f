"""A link watcher that runs while a test does, and the answers to its beats."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from failure_modes.link import LinkTiming
from replication.messages import Beat, BeatAck

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from replication.testing import ManualClock, RecordingLink
    from site_server.service.watch_link import WatchLink

TIMING = LinkTiming(
    beat_ms=10,
    lost_beats=3,
    offline_ms=1_000,
    good_beats=3,
    good_window_ms=1_000,
    hold_down_first_ms=0,
    hold_down_max_ms=0,
    calm_ms=0,
)


@asynccontextmanager
async def watching(watch: WatchLink) -> AsyncIterator[None]:
    """Let it beat."""
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(watch.run())
        try:
            yield
        finally:
            running.cancel()


async def beaten_up(
    watch: WatchLink, link: RecordingLink, clock: ManualClock, *, times: int = 5
) -> None:
    """Answer so many beats, as many as make a link online."""
    for _ in range(times):
        await link.wait_for_sent(len(link.sent) + 1)
        beat = link.sent[-1]
        assert isinstance(beat, Beat)
        clock.advance(TIMING.beat_ms)
        await watch.heard(BeatAck(number=beat.number))
