"""One trip through the writers for all beats that wait for one.

A beat asks whether the write path works, and a thousand sites ask it five hundred times a second.
The answer is the same for all who asked before the trip began, so they share it: each is still
answered only by a trip that began after it had come. Trips begin at least `PAUSE_S` apart, which
nobody notices who beats every two seconds.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PAUSE_S: Final = 0.025


class SharedBeat:
    """Calls `trip` for whoever waits. What it raises, each of them hears."""

    def __init__(self, trip: Callable[[], Awaitable[None]]) -> None:
        self._trip = trip
        self._turn = asyncio.Lock()
        self._next: asyncio.Future[None] | None = None
        self._began_s = float("-inf")

    async def beat(self) -> None:
        """Return once a trip is over that began after this call."""
        while True:
            shared = self._next
            if shared is None:
                await self._lead()
                return
            # Shielded: who goes away must not end it for the others.
            await asyncio.wait([shared])
            if not shared.cancelled():
                shared.result()
                return

    async def _lead(self) -> None:
        """Make the next trip, with all who come before it begins."""
        loop = asyncio.get_running_loop()
        shared = self._next = loop.create_future()
        try:
            async with self._turn:
                await asyncio.sleep(max(0.0, self._began_s + PAUSE_S - loop.time()))
                self._began_s = loop.time()
                self._next = None
                await self._trip()
        except Exception as error:
            shared.set_exception(error)
            shared.exception()  # heard, also where nobody shares it
            raise
        else:
            shared.set_result(None)
        finally:
            if self._next is shared:
                self._next = None
            # The leader went away: one of the others leads.
            shared.cancel()
