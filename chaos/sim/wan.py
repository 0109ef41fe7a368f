"""The WAN of a simulation: one line per site, with its weather, and connections over it.

Theory of operation
-------------------
A connection is what TCP makes of a bad line: in order, whole, or broken, and often broken without
anybody being told. What is sent into a cut line waits, as retransmission does, and arrives when the
line heals; unless one end has hung up meanwhile, and then the other hears so after the heal, or
never, if it hangs up itself. A machine that loses its power says no farewell.

Each direction is cut by itself: a line may carry beats up and no answers down. Each message is
looked at again when it should arrive, for the line may have been cut meanwhile.

Every message is written to bytes and read again, so the codec is in the simulation.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
        weather = self.weather
        spread_ms = self._random.uniform(0, weather.spread_ms)
        size_ms = size_bytes * 1000 / weather.bytes_per_s
        await asyncio.sleep((weather.delay_ms + spread_ms + size_ms) / 1000)
        while self._cuts[way] > 0:
            await self._healed.wait()


class End:
    """One end of a connection: bytes in order, then None once it is over."""

    def __init__(self, line: Line, way: Way) -> None:
        self._line = line
        self._way = way
        """In which what is sent here goes."""
        self.peer: End | None = None
        self.seen: Callable[[bytes], None] = _nobody
        """Hears of each message that is sent."""
        self._arrived: deque[bytes | None] = deque()
        self._sending: deque[bytes | None] = deque()
        self._there = asyncio.Event()
        self._to_send = asyncio.Event()
        self.is_open = True

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
            await self._line.carry(self._way, len(data or b""))
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
    return site, primary
