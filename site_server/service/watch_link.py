"""The link's state, from beats sent through it and answered by the primary's write path.

`failure_modes.link` decides; here are the beats, the clock, and the history for people. A beat goes
out at once when a connection stands, then in the rhythm of `LinkTiming`. A connection that breaks
is no event of its own: what counts is whether beats come back.

An outage has begun once the site is cut off, and it is as old as its last moment online; a link
that is only degraded for a while was never cut. After a restart nobody knows that moment, so the
outage counts from the start of the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from failure_modes.gates import CUT
from failure_modes.link import LinkTiming, LinkWatcher
from failure_modes.vocabulary import LinkState
from replication.messages import Beat, BeatAck

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.link import Link
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock, MonotonicMs, WallMs
    from site_server.service.backlog import Backlog

log: Final = logging.getLogger(__name__)

HISTORY_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """When a state began, by this site's clock, and which."""

    wall_ms: WallMs
    state: LinkState


class WatchLink:
    """Beats while `run` runs, and knows the state. A `LinkListener`."""

    def __init__(
        self,
        *,
        link: Link,
        clock: Clock,
        backlog: Backlog,
        timing: LinkTiming | None = None,
        replica_age_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        self._link = link
        self._clock = clock
        self._backlog = backlog
        self._replica_age_ms = replica_age_ms
        self._watcher = LinkWatcher.fresh(clock.monotonic_ms(), timing)
        self._is_up = False
        self._number = 0
        self._acknowledged = 0
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        first = LinkChange(wall_ms=clock.wall_ms(), state=self._watcher.state)
        self._left_online_ms: WallMs | None = first.wall_ms
        self._is_cut = True
        self._history: deque[LinkChange] = deque([first], maxlen=HISTORY_MAX)

    @property
    def state(self) -> LinkState:
        """What this site thinks of its way to the primary."""
        return self._watcher.state

    @property
    def since_ms(self) -> MonotonicMs:
        """When that began."""
        return self._watcher.since_ms

    @property
    def offline_since_ms(self) -> WallMs | None:
        """When the link of the present outage was last online; None where there is no outage."""
        return self._left_online_ms if self._is_cut else None

    @property
    def timing(self) -> LinkTiming:
        """The numbers by which it is judged."""
        return self._watcher.timing

    @property
    def history(self) -> Sequence[LinkChange]:
        """The newest changes, oldest first."""
        return tuple(self._history)

    async def wait_for(self, state: LinkState) -> None:
        """Return once the link is in that state."""
        while self.state is not state:
            await self._changed.wait()

    async def up(self, welcome: Welcome) -> None:  # noqa: ARG002 - the beat asks what matters here
        """A new connection: beat at once."""
        self._is_up = True
        self._backlog.begin()
        self._wake.set()

    async def heard(self, message: AnyFromPrimary) -> None:
        """Note an answered beat; a number that was never sent says nothing."""
        if isinstance(message, BeatAck) and message.number <= self._number:
            self._acknowledged = max(self._acknowledged, message.number)
            self._observe()

    def down(self) -> None:
        """No more beats; the silence tells."""
        self._is_up = False

    async def run(self) -> NoReturn:
        """Beat and judge, until cancelled."""
        beat_s = self.timing.beat_ms / 1000
        while True:
            self._wake.clear()
            self._observe()
            if self._is_up:
                await self._beat()
            try:
                async with asyncio.timeout(beat_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _beat(self) -> None:
        self._number += 1
        self._backlog.mark()
        try:
            # A full pipe must not delay the judgement: the beat then counts as sent and lost.
            async with asyncio.timeout(self.timing.beat_ms / 1000):
                await self._link.send(Beat(number=self._number))
        except TimeoutError:
            return

    def _observe(self) -> None:
        former = self._watcher.state
        self._watcher, _ = self._watcher.observe(
            self._clock.monotonic_ms(),
            sent=self._number,
            acknowledged=self._acknowledged,
            backlog=self._backlog.left(),
            replica_age_ms=self._replica_age_ms(),
        )
        if self._watcher.state is not former:
            self._note_change()

    def _note_change(self) -> None:
        log.warning("the link to the primary is %s", self.state)
        change = LinkChange(wall_ms=self._clock.wall_ms(), state=self.state)
        self._history.append(change)
        if change.state is LinkState.ONLINE:
            self._left_online_ms, self._is_cut = None, False
        else:
            self._left_online_ms = self._left_online_ms or change.wall_ms
            self._is_cut = self._is_cut or change.state in CUT
        self._changed.set()
        self._changed = asyncio.Event()
