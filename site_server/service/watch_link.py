"""The link's state, from beats sent through it and answered by the primary's write path.

`failure_modes.link` decides; here are the beats, the clock, and the history for people. A beat goes
out at once when a connection stands, then in the rhythm of `LinkTiming`. A connection that breaks
is no event of its own: what counts is whether beats come back.

An outage has begun once the site is cut off, and it is as old as its last moment online; a link
that is only degraded for a while was never cut.

A restart is no news. What was remembered (`LinkStanding`) goes on: a drill, a forced cut, and the
age of an outage, which lasts until the link is online again, also where the WAN healed while the
site was down. A site that was not cut when it stopped has been cut since it started.

A drill and a forced cut change the rules and nothing else. Beats, journal and replica go on
underneath, so a rehearsal puts nothing at risk and headquarters can end what it began.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NoReturn

from failure_modes.gates import CUT
from failure_modes.link import ORDERED, LinkTiming, LinkWatcher, next_state
from failure_modes.vocabulary import LinkEvent, LinkState
from replication.messages import Beat, BeatAck
from replication.reader import READER
from site_server.ports import LinkStanding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.link import Link
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock, MonotonicMs, WallMs
    from site_server.ports import LinkOrder
    from site_server.service.backlog import Backlog

CLOCK_SINCE: Final = 2
"""The first `replication.messages.UPLINK` whose beats say the time."""

log: Final = logging.getLogger(__name__)

HISTORY_MAX: Final = 1_000
_BEGINS: Final = {
    LinkState.DRILL: LinkEvent.DRILL_STARTED,
    LinkState.FORCED_OFFLINE: LinkEvent.FORCE_STARTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """When a state began, by this site's clock, and which."""

    wall_ms: WallMs
    state: LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSigns:
    """What the replica says of the link, and what the beats say of the replica."""

    age_ms: Callable[[], int] = lambda: 0
    """Time since the newest heartbeat was applied."""
    position: Callable[[], int] = lambda: 0
    """Its TXID."""
    policy_version: Callable[[], int | None] = lambda: None
    """The highest version among the policies that apply here."""
    needs_reader: Callable[[], int | None] = lambda: None
    """What it would have to read to go on; None: it is not frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outage:
    """When the link was last online (None: it is), and whether the site was cut off since."""

    left_online_ms: WallMs | None
    is_cut: bool

    @property
    def since_ms(self) -> WallMs | None:
        return self.left_online_ms if self.is_cut else None

    def after(self, state: LinkState, wall_ms: WallMs) -> _Outage:
        """The same once `state` has begun."""
        if state is LinkState.ONLINE:
            return _Outage(left_online_ms=None, is_cut=False)
        left_online_ms = wall_ms if self.left_online_ms is None else self.left_online_ms
        return _Outage(left_online_ms=left_online_ms, is_cut=self.is_cut or state in CUT)


class WatchLink:
    """Beats while `run` runs, and knows the state. A `LinkListener`."""

    def __init__(
        self,
        *,
        link: Link,
        clock: Clock,
        backlog: Backlog,
        timing: LinkTiming | None = None,
        replica: ReplicaSigns | None = None,
    ) -> None:
        self._link = link
        self._clock = clock
        self._backlog = backlog
        self._replica = replica or ReplicaSigns()
        self._watcher = LinkWatcher.fresh(clock.monotonic_ms(), timing)
        self._is_up = False
        self._tells_time = False
        self._number = 0
        self._acknowledged = 0
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        first = LinkChange(wall_ms=clock.wall_ms(), state=self._watcher.state)
        self._outage = _Outage(left_online_ms=first.wall_ms, is_cut=True)
        self._order_number = 0
        self._history: deque[LinkChange] = deque([first], maxlen=HISTORY_MAX)

    def go_on(self, remembered: LinkStanding) -> None:
        """Go on with what stood when the server stopped. Call it before `run`."""
        self._order_number = remembered.order_number
        if remembered.offline_since_ms is not None:
            self._outage = _Outage(left_online_ms=remembered.offline_since_ms, is_cut=True)
        if remembered.ordered is not None:
            begins = _BEGINS[remembered.ordered]
            self._watcher, _ = self._watcher.obey(self._clock.monotonic_ms(), begins)
            self._note_change(self._clock.wall_ms())

    @property
    def state(self) -> LinkState:
        """What this site thinks of its way to the primary."""
        return self._watcher.state

    @property
    def lost_beats(self) -> int:
        """Beats that are due an answer."""
        return self._watcher.lost_beats

    @property
    def since_ms(self) -> MonotonicMs:
        """When that began."""
        return self._watcher.since_ms

    @property
    def offline_since_ms(self) -> WallMs | None:
        """When the link of the present outage was last online; None where there is no outage."""
        return self._outage.since_ms

    @property
    def standing(self) -> LinkStanding:
        """What a restart must not forget."""
        return self._standing(self.state, self._outage)

    @property
    def changed(self) -> asyncio.Event:
        """Set once, at the next change of the state."""
        return self._changed

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

    def foresee(self, order: LinkOrder) -> LinkStanding:
        """What would stand after the order; raises `IllegalTransitionError` where it is refused."""
        state = next_state(self.state, order.order)
        outage = self._outage.after(state, order.given_wall_ms)
        return _numbered(self._standing(state, outage), order)

    def obey(self, order: LinkOrder) -> bool:
        """Do as ordered; whether that changed the state. Errors as `foresee`."""
        self._watcher, obeyed = self._watcher.obey(self._clock.monotonic_ms(), order.order)
        self.pass_over(order)
        if obeyed:
            self._note_change(order.given_wall_ms)
        return bool(obeyed)

    def pass_over(self, order: LinkOrder) -> None:
        """Remember only that this order was seen."""
        self._order_number = _numbered(self.standing, order).order_number

    async def up(self, welcome: Welcome) -> None:
        """A new connection: beat at once."""
        self._tells_time = welcome.uplink >= CLOCK_SINCE
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
            policy_version = self._replica.policy_version()
            if self._is_up:
                await self._beat(policy_version)
            try:
                async with asyncio.timeout(beat_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _standing(self, state: LinkState, outage: _Outage) -> LinkStanding:
        return LinkStanding(
            ordered=state if state in ORDERED else None,
            offline_since_ms=outage.since_ms,
            order_number=self._order_number,
        )

    async def _beat(self, policy_version: int | None) -> None:
        self._number += 1
        self._backlog.mark()
        beat = Beat(
            number=self._number,
            policy_version=policy_version,
            link_state=self.state,
            order_number=self._order_number,
            position_txid=self._replica.position(),
            replica_age_ms=self._replica.age_ms(),
            wall_ms=self._clock.wall_ms() if self._tells_time else None,
            reader=READER,
            needs_reader=self._replica.needs_reader(),
        )
        try:
            # A full pipe must not delay the judgement: the beat then counts as sent and lost.
            async with asyncio.timeout(self.timing.beat_ms / 1000):
                await self._link.send(beat)
        except TimeoutError:
            return

    def _observe(self) -> None:
        former = self._watcher.state
        self._watcher, _ = self._watcher.observe(
            self._clock.monotonic_ms(),
            sent=self._number,
            acknowledged=self._acknowledged,
            backlog=self._backlog.left(),
            replica_age_ms=self._replica.age_ms(),
        )
        if self._watcher.state is not former:
            self._note_change(self._clock.wall_ms())

    def _note_change(self, wall_ms: WallMs) -> None:
        log.warning("the link to the primary is %s", self.state)
        self._history.append(LinkChange(wall_ms=wall_ms, state=self.state))
        self._outage = self._outage.after(self.state, wall_ms)
        self._changed.set()
        self._changed = asyncio.Event()


def _numbered(standing: LinkStanding, order: LinkOrder) -> LinkStanding:
    """The same once the order was seen; one that was given here has no number."""
    newest = max(standing.order_number, order.number or 0)
    return replace(standing, order_number=newest)
