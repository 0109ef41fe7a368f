"""The WAN of a simulation: one line per site, with its weather, and connections over it.

Theory of operation
-------------------
A connection is what TCP makes of a bad line: in order, whole, or broken, and often broken without
anybody being told. What is sent into a cut line waits, as retransmission does, and arrives when the
line heals; unless one end has hung up meanwhile, and then the other hears so after the heal, or
never, if it hangs up itself. A machine that loses its power says no farewell.

Each direction is cut by itself: a line may carry beats up and no answers down. Each message is
looked at again when it should arrive, for the line may have been cut meanwhile.

TCP neither repeats nor reorders. What does is around it: a firewall that forgets the flows it knew
holds back an old connection while a new one works, and lets it go later; a box in the middle sends
a reset in the midst of a frame, to one end or to both; a proxy asks again where an answer was lost;
and answers that were asked for side by side overtake each other.

Every message is written to bytes and read again, so the codec is in the simulation.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from random import Random


class Way(StrEnum):
    """A direction."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How long what is on the line takes."""

    delay_ms: int = 10
    spread_ms: int = 5
    """Beyond the delay, by chance."""
    bytes_per_s: int = 10_000_000


class Line:
    """The line of one site. What is cut several times must be healed as often."""

    def __init__(self, random: Random) -> None:
        self.weather = Weather()
        self._random = random
        self._cuts: Counter[Way] = Counter()
        self._healed = asyncio.Event()
        self._ends: list[End] = []
        self.overtaking_ms = 0
        """How much later than another one an answer to a request may come, by chance."""
        self.lost_answers = 0.0
        """The part of requests whose first answer is lost, so that they are asked again."""

    @property
    def is_cut(self) -> bool:
        """Whether any way of it carries nothing."""
        return self._cuts.total() > 0

    def cut(self, ways: Iterable[Way]) -> None:
        """These ways carry nothing from now on."""
        self._cuts.update(ways)

    def heal(self, ways: Iterable[Way]) -> None:
        """Take one cut of these ways back; what waits in them goes on."""
        self._cuts.subtract(ways)
        self._healed.set()
        self._healed = asyncio.Event()

    async def carry(self, way: Way, size_bytes: int) -> None:
        """Return when so many bytes, sent now, have arrived; never while that way is cut."""
        weather, left_bytes = self.weather, size_bytes
        wait_s = (weather.delay_ms + self._random.uniform(0, weather.spread_ms)) / 1000
        while True:  # a second's worth at a time, for the weather may change
            part_bytes = min(left_bytes, self.weather.bytes_per_s)
            await asyncio.sleep(wait_s + part_bytes / self.weather.bytes_per_s)
            wait_s, left_bytes = 0.0, left_bytes - part_bytes
            if not left_bytes:
                break
        while self._cuts[way] > 0:
            await self._healed.wait()

    async def answer(self, size_bytes: int) -> None:
        """Return when the answer to a request, of so many bytes, has arrived at the site."""
        if self.overtaking_ms:
            await asyncio.sleep(self._random.uniform(0, self.overtaking_ms) / 1000)
        await self.carry(Way.DOWN, size_bytes)

    def loses_an_answer(self) -> bool:
        """Whether what is asked now has to be asked twice."""
        return self.lost_answers > 0 and self._random.random() < self.lost_answers

    def opened(self, *ends: End) -> None:
        """There is a connection of these ends now."""
        self._ends = [end for end in self._ends if not end.is_over]
        self._ends += ends

    def hold_back(self) -> Sequence[End]:
        """What is sent on the connections of this moment waits until they are let go: these."""
        held = tuple(end for end in self._ends if not end.is_over)
        for end in held:
            end.hold(is_held=True)
        return held

    def reset(self, ways: Iterable[Way]) -> None:
        """Break all connections; who sends in these ways hears of it, the other end does not."""
        for end in self._ends:
            end.break_off(is_told=end.way in ways)


class End:
    """One end of a connection: bytes in order, then None once it is over."""

    def __init__(self, line: Line, way: Way) -> None:
        self._line = line
        self.way = way
        """In which what is sent here goes."""
        self.peer: End | None = None
        self.seen: Callable[[bytes], None] = _nobody
        """Hears of each message that is sent."""
        self._arrived: deque[bytes | None] = deque()
        self._sending: deque[bytes | None] = deque()
        self._there = asyncio.Event()
        self._to_send = asyncio.Event()
        self._is_held = self._is_broken = False
        self._let_go = asyncio.Event()
        self.is_open = True

    @property
    def is_over(self) -> bool:
        """Whether neither end is open any more."""
        return not (self.is_open or (self.peer is not None and self.peer.is_open))

    def send(self, data: bytes) -> bool:
        """Whether it went into the line; nobody knows if it arrives."""
        if self.is_open:
            self.seen(data)
            self._sending.append(data)
            self._to_send.set()
        return self.is_open

    def close(self) -> None:
        """Say farewell, and hear nothing more."""
        if self.is_open:
            self._sending.append(None)
            self._to_send.set()
            self.vanish()

    def vanish(self) -> None:
        """Be gone without a word: what was sent is still on its way."""
        self.is_open = False
        self._arrived.append(None)
        self._there.set()

    def break_off(self, *, is_told: bool) -> None:
        """What is on its way from here is lost; told, this end is over, too."""
        self._sending.clear()
        self._is_broken = True
        if is_told and self.is_open:
            self.vanish()

    def hold(self, *, is_held: bool) -> None:
        """Whether what is sent here waits on its way."""
        self._is_held = is_held
        if not is_held:
            self._let_go.set()
            self._let_go = asyncio.Event()

    async def receive(self) -> bytes | None:
        """What arrived; None: it is over."""
        while not self._arrived:
            self._there.clear()
            await self._there.wait()
        if self._arrived[0] is None:
            return None
        return self._arrived.popleft()

    async def pump(self) -> None:
        """Carry what is sent here to the other end, until a farewell has arrived there."""
        while True:
            while not self._sending:
                self._to_send.clear()
                await self._to_send.wait()
            data = self._sending.popleft()
            await self._line.carry(self.way, len(data or b""))
            while self._is_held:
                await self._let_go.wait()
            if self._is_broken:
                return
            if self.peer is not None:
                self.peer.take(data)
            if data is None:
                return

    def take(self, data: bytes | None) -> None:
        """Something arrived from the other end."""
        if not self.is_open:
            return
        if data is None:
            self.is_open = False
        self._arrived.append(data)
        self._there.set()


def _nobody(_data: bytes) -> None:
    """Whom nobody told of it."""


def connection(line: Line) -> tuple[End, End]:
    """The site's end and headquarters' end of a new connection. Somebody must run both pumps."""
    site, primary = End(line, Way.UP), End(line, Way.DOWN)
    site.peer, primary.peer = primary, site
    line.opened(site, primary)
    return site, primary
