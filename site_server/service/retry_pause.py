"""The pause after something failed that may heal by itself: a full disk, a damaged file, a restart.

The first few failures are tried again as soon as headquarters has something new. What still fails
then may fetch a snapshot anew each time, over a thin line; so the pauses grow, to a minute, and
only a link that comes up cuts one short.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Final

from replication.back_off import back_off_ms
from replication.wait import AskedToWaitError

RETRY_FIRST_MS: Final = 1_000
RETRY_MAX_MS: Final = 60_000
PROMPT_FAILURES: Final = 3


class RetryPause:
    """Counts failures in a row, and waits as long as that asks for."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.SystemRandom()
        self._failures = 0
        self._linked = asyncio.Event()
        self._asked_ms = 0.0

    @property
    def ms(self) -> float:
        """How long the next pause is at most."""
        before = max(0, self._failures - 1)
        return back_off_ms(before, RETRY_FIRST_MS, RETRY_MAX_MS, self._chance)

    @property
    def is_prompt(self) -> bool:
        """Whether news from headquarters ends the next pause."""
        return self._failures <= PROMPT_FAILURES

    def failed(self, error: Exception | None = None) -> None:
        """One more failure.

        Where headquarters asked to wait no news cuts the next pause short, only a new link.
        """
        self._failures += 1
        if isinstance(error, AskedToWaitError):
            self._asked_ms = error.wait.pause_ms(self._chance)

    def went_well(self) -> None:
        """No failure."""
        self._failures = 0

    def came_up(self) -> None:
        """The link is up: whatever failed may go well now."""
        self._failures = 0
        self._linked.set()

    async def wait(self, moved: asyncio.Event) -> None:
        """Return when the next attempt is due; `moved` is set by news from headquarters."""
        sooner, asked_ms, self._asked_ms = moved, self._asked_ms, 0.0
        if not self.is_prompt or asked_ms:
            sooner = self._linked = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout((asked_ms or self.ms) / 1000):
                await sooner.wait()
