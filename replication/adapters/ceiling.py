"""A site's bandwidth ceiling: downloads read no faster, and the sender's window does the rest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from replication.adapters.system_clock import SystemClock
from replication.token_bucket import TokenBucket

if TYPE_CHECKING:
    from replication.ports import Clock

BURST_BYTES: Final = 256 * 1024
"""Nothing that a change needs every day waits: page deltas and small files are below this."""


class Pause(Protocol):
    """Sleeps, or in a test counts."""

    async def __call__(self, delay: float, /) -> object:
        """Return after `delay` seconds."""
        ...


class Ceiling:
    """What all downloads of a site may take together; None: as much as there is."""

    def __init__(
        self,
        bytes_per_s_max: int | None,
        *,
        clock: Clock | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._clock = clock or SystemClock()
        self._pause = pause
        self._bucket = (
            None
            if bytes_per_s_max is None
            else TokenBucket(bytes_per_s=bytes_per_s_max, burst_bytes=BURST_BYTES)
        )

    async def spend(self, size_bytes: int) -> None:
        """Return when more may be read after these bytes."""
        if self._bucket is None:
            return
        now_ms = self._clock.monotonic_ms()
        self._bucket, wait_ms = self._bucket.spent(size_bytes, now_ms)
        if wait_ms > 0:
            await self._pause(wait_ms / 1000)
