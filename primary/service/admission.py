"""What headquarters takes on at once, and what it asks to come again later.

Theory of operation
-------------------
A site can always wait: it decides by itself. A primary that takes on more than it can carry serves
nobody, so everything here has a bound, and beyond it there is an answer (503, `Retry-After`, and
why) before any memory is used. Three kinds of work are bounded apart from each other, because they
last differently: arrivals (until the welcome) a tenth of a second, page deltas and lists a second,
whole files as long as the site's line takes. Deltas and lists stand in line for a moment; a site
behind thin lines of others must not wait for them, so files do not.

The bounds are of this process. A site that is connected already is never sent away for another.

Rejected: to measure load and shed by it. It comes and goes with whatever else the machine does, and
nobody could foresee or test what is refused.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from primary.errors import TooBusyError
from replication.wait import Wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from primary.service.links import Links
    from replication.ports import Clock, MonotonicMs

logger: Final = logging.getLogger(__name__)

ARRIVALS_MAX: Final = 128
"""Sites that were let in and not welcomed yet: half a second of work."""
IN_LINE_MAX: Final = 512
"""Requests for page deltas and lists that wait for their turn; each is a few kB."""
LINE_S: Final = 4.0
"""How long they wait: less than what a site gives an answer (`LinkTimes.request_ms`)."""
CALM_MS: Final = 60_000
"""Without a refusal, before it is said that it is over."""


class Why(StrEnum):
    """What there was too much of."""

    SITES = "sites"
    ARRIVALS = "arrivals"
    DELTAS = "deltas"
    FILES = "files"
    HANDSHAKES = "handshakes"


WAITS: Final[Mapping[Why, Wait]] = {
    Why.SITES: Wait(seconds=60, reason="as many sites are connected as sites_max allows"),
    Why.ARRIVALS: Wait(seconds=3, reason="many sites are coming in at the same time"),
    Why.DELTAS: Wait(seconds=3, reason="many sites are catching up at the same time"),
    Why.FILES: Wait(seconds=15, reason="as many downloads are under way as downloads_max allows"),
}
_TOLD: Final[Mapping[Why, str]] = {
    **{why: wait.reason for why, wait in WAITS.items()},
    Why.HANDSHAKES: "connections come faster than their handshakes can be made",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much at once. See `primary.config.LinkConfig`."""

    sites_max: int = 2_000
    downloads_max: int = 32
    deltas_max: int = 16
    """Each may hold a delta of 64 MB, but sites at the same TXID share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is under way now, and what was refused since the start."""

    connected: int
    sites_max: int
    arriving: int
    handshakes: int
    downloads: int
    deltas: int
    asked_to_wait: Mapping[str, int]
    """By reason."""
    busy: tuple[str, ...]
    """The reasons of the last minute."""
    fell_behind: int
    """Times that a site did not read fast enough and was told the head instead of deltas."""


@dataclass(slots=True)
class _Shedding:
    total: int = 0
    last_ms: MonotonicMs | None = None


@dataclass(slots=True)
class Admission:
    """Counts what is under way and refuses what is too much: `TooBusyError`."""

    clock: Clock
    bounds: Bounds = field(default_factory=Bounds)
    connected: Callable[[], int] = int
    calling: int = 0
    """Requests for a link that have not ended, welcomed or not."""
    files: int = 0
    deltas: int = 0
    _in_line: int = 0
    _turns: asyncio.Semaphore = field(init=False)
    _shed: dict[Why, _Shedding] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(self.bounds.deltas_max)
        self._shed = {why: _Shedding() for why in Why}

    @contextmanager
    def call(self, site_name: str, links: Links) -> Iterator[None]:
        """A site calls; for as long as its link lasts. Errors: `TooBusyError`."""
        if not links.has(site_name):
            if self.calling >= self.bounds.sites_max:
                raise self._refusal(Why.SITES)
            if self.calling - links.count >= ARRIVALS_MAX:
                raise self._refusal(Why.ARRIVALS)
        self.calling += 1
        try:
            yield
        finally:
            self.calling -= 1

    def check_file(self) -> None:
        """Whether one more whole file may go out. Errors: `TooBusyError`."""
        if self.files >= self.bounds.downloads_max:
            raise self._refusal(Why.FILES)

    @contextmanager
    def file(self) -> Iterator[None]:
        """A whole file goes out."""
        self.files += 1
        try:
            yield
        finally:
            self.files -= 1

    @asynccontextmanager
    async def delta(self) -> AsyncIterator[None]:
        """Page deltas or a list are made and go out, in turn. Errors: `TooBusyError`."""
        await self._turn()
        self.deltas += 1
        try:
            yield
        finally:
            self.deltas -= 1
            self._turns.release()

    def waited_too_long(self) -> None:
        """A connection was closed, because it had waited too long for its handshake."""
        self._note(Why.HANDSHAKES)

    def busy(self) -> tuple[Why, ...]:
        """What there was too much of within the last minute; logs what is over."""
        now_ms = self.clock.monotonic_ms()
        for why, shed in self._shed.items():
            if shed.last_ms is not None and now_ms - shed.last_ms > CALM_MS:
                shed.last_ms = None
                logger.info("over: %s (%d times since the start)", _TOLD[why], shed.total)
        return tuple(why for why, shed in self._shed.items() if shed.last_ms is not None)

    def load(self, *, connected: int, handshakes: int, fell_behind: int) -> Load:
        """Everything, with what others count."""
        return Load(
            connected=connected,
            sites_max=self.bounds.sites_max,
            arriving=max(0, self.calling - connected),
            handshakes=handshakes,
            downloads=self.files,
            deltas=self.deltas,
            asked_to_wait={why.value: shed.total for why, shed in self._shed.items()},
            busy=tuple(why.value for why in self.busy()),
            fell_behind=fell_behind,
        )

    async def _turn(self) -> None:
        if self._turns.locked() and self._in_line >= IN_LINE_MAX:
            raise self._refusal(Why.DELTAS)
        self._in_line += 1
        try:
            async with asyncio.timeout(LINE_S):
                await self._turns.acquire()
        except TimeoutError:
            raise self._refusal(Why.DELTAS) from None
        finally:
            self._in_line -= 1

    def _refusal(self, why: Why) -> TooBusyError:
        self._note(why)
        return TooBusyError(WAITS[why])

    def _note(self, why: Why) -> None:
        shed = self._shed[why]
        if shed.last_ms is None:
            logger.warning("sites have to wait: %s", _TOLD[why])
        shed.total += 1
        shed.last_ms = self.clock.monotonic_ms()


def sentence(load: Load, known: int) -> str:
    """For people: `GET /health`. `known`: sites that headquarters has."""
    return "; ".join([f"{load.connected} of {known} sites", *(_TOLD[Why(w)] for w in load.busy)])
