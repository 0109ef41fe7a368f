"""Keeps the site's tasks alive: an unexpected error ends one piece of work, never the server.

Only here is every exception caught, because somebody must: it is logged with its traceback and the
work is started again after a growing pause. What the work had promised is in `site.db`, so starting
again is always safe.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from replication.ports import Clock

PAUSE_MS_MIN: Final = 200
PAUSE_MS_MAX: Final = 30_000
CALM_MS: Final = 60_000
"""A task that ran so long before it failed starts again with the shortest pause."""

_log = logging.getLogger(__name__)


async def sleep_ms(ms: int) -> None:
    """Wait on the event loop's clock."""
    await asyncio.sleep(ms / 1000)


class Supervisor:
    """Starts work in the one task group of the server."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        pause: Callable[[int], Awaitable[None]] = sleep_ms,
    ) -> None:
        self._tasks = tasks
        self._clock = clock
        self._pause = pause
        self._started: set[asyncio.Task[None]] = set()

    def spawn(
        self, name: str, work: Callable[[], Awaitable[None]], repair: Callable[[], Awaitable[None]]
    ) -> None:
        """Run `work()` once. If it fails, run `repair()` until that ends without an error."""
        self._start(name, self._once(name, work, repair))

    def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run `run()` for ever, again after an error or an early end."""
        self._start(name, self._for_ever(name, run))

    def stop(self) -> None:
        """Cancel everything that was started here."""
        for task in self._started:
            task.cancel()

    async def retry(self, name: str, attempt: Callable[[], Awaitable[str]]) -> None:
        """Await `attempt()` until it says '', with growing pauses; it says what is in the way."""
        pause_ms, told = PAUSE_MS_MIN, ""
        while trouble := await attempt():
            if trouble != told:
                _log.warning("%s waits: %s", name, trouble)
            told = trouble
            await self._pause(pause_ms)
            pause_ms = min(2 * pause_ms, PAUSE_MS_MAX)
        if told:
            _log.info("%s goes on", name)

    def _start(self, name: str, work: Coroutine[object, object, None]) -> None:
        task = self._tasks.create_task(work, name=name)
        self._started.add(task)
        task.add_done_callback(self._started.discard)

    async def _once(
        self, name: str, work: Callable[[], Awaitable[None]], repair: Callable[[], Awaitable[None]]
    ) -> None:
        async def repaired() -> str:
            return "" if await self.survives(name, repair) else "an error"

        if not await self.survives(name, work):
            await self.retry(name, repaired)

    async def _for_ever(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        pause_ms = PAUSE_MS_MIN
        while True:
            began_ms = self._clock.monotonic_ms()
            if await self.survives(name, run):
                _log.warning("%s ended; it starts again", name)
            if self._clock.monotonic_ms() - began_ms >= CALM_MS:
                pause_ms = PAUSE_MS_MIN
            await self._pause(pause_ms)
            pause_ms = min(2 * pause_ms, PAUSE_MS_MAX)

    async def survives(self, name: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Run `work()` once and say whether it ended without an error."""
        try:
            await work()
        except Exception:  # noqa: BLE001 - the one place that catches everything
            _log.exception("%s failed", name)
            return False
        return True
