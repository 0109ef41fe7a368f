"""The site's end of the link: one connection that is always being kept up, and downloads beside it.

Theory of operation
-------------------
All connections are opened by the site. `run` connects, says hello, passes on what the primary
says, and begins again whenever that ends, for ever. An outage is no error here: listeners are
told, `send` returns False, a download raises `LinkDownError` at once.

A WAN often dies without a word: the connection stays open and nothing arrives. The site's beats are
answered every few seconds, so silence alone tells; `silence_ms` after the last word the connection
is dropped. Trying again must be quick then, because nothing says that a WAN has healed except an
attempt that gets through: each attempt is short (a handshake that began in the dark never ends) and
the pause between two is capped at seconds. Jitter keeps a hundred sites from coming back at once. A
connection that ended soon after its welcome (headquarters' disk is full: it lets a site in and can
take nothing) counts as an attempt that failed, or all sites would come back at once for as long as
that lasts, a handshake each.

Downloads (`downloads.py`) use connections of the same HTTP session and die with it. A kept-alive
connection that slept through an outage looks healthy and swallows the next request; so none
survives the link.

Where headquarters has too much to do it says when to come again (`replication.wait`), and that is
kept to.

A site that was refused (fenced, revoked, replaced) tries again too, but rarely: only a person at
headquarters can change that.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import aiohttp
from yarl import URL

from replication.adapters.ceiling import Ceiling
from replication.adapters.downloads import (
    NETWORK_ERRORS,
    Downloads,
    words_of,
)
from replication.adapters.link_times import LinkTimes, pause_ms
from replication.errors import BadMessageError
from replication.messages import (
    MESSAGE_BYTES_MAX,
    Fence,
    PackedEntries,
    PushedDelta,
    Welcome,
    parse_from_primary,
)
from replication.versions import (
    UNNAMED,
    VERSIONS,
    name_of,
    none_taken,
    text_in,
    version_named,
)
from replication.wait import Wait, wait_of

if TYPE_CHECKING:
    import random
    import ssl
    from collections.abc import Callable, Sequence

    from replication.link import LinkListener
    from replication.messages import AnyFromPrimary, AnyFromSite, Hello

log = logging.getLogger(__name__)

CONNECTIONS_MAX: Final = 4
"""Of one site: the link itself, and downloads."""
CLOSE_MS: Final = 200
"""For a farewell; a dead WAN does not answer it."""
FORBIDDEN: Final = 403
ENDINGS: Final = (*NETWORK_ERRORS, BadMessageError)
_TEXT: Final = aiohttp.WSMsgType.TEXT
_BINARY: Final = aiohttp.WSMsgType.BINARY


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAddress:
    """Where the primary's link listens, as the site dials and verifies it."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How one connection ended."""

    why: str
    welcomed: bool = False
    refused: bool = False
    wait: Wait | None = None


def _nobody() -> None:
    """Nobody minds."""


class LinkClient:
    """Keeps the link up while `run` runs. `hello` says who calls and where it stands."""

    def __init__(
        self,
        *,
        address: LinkAddress,
        context: ssl.SSLContext,
        hello: Callable[[], Hello],
        chance: random.Random,
        times: LinkTimes | None = None,
    ) -> None:
        self._base = URL.build(scheme="https", host=address.host, port=address.port)
        self._context = context
        self._hello = hello
        self._chance = chance
        self._times = times or LinkTimes()
        self.ceiling = Ceiling(self._times.bytes_per_s_max)
        """What downloads may take; those from elsewhere share it."""
        self._downloads = Downloads(request_ms=self._times.request_ms, ceiling=self.ceiling)
        self.fetch, self.manifest = self._downloads.fetch, self._downloads.manifest
        self.deltas, self.known_entry = self._downloads.deltas, self._downloads.known_entry
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.on_shut_out: Callable[[], None] = _nobody
        """Called when the primary is there and does not take this site's certificate."""
        self.versions: Sequence[int] = VERSIONS
        """Of the protocol that are offered, the newest first."""
        self.version = UNNAMED
        """Of the protocol, as both ends speak it on the newest connection."""
        self.refusal = ""
        """Why headquarters wants nothing to do with this site; '' where it does not say so."""
        self.asked_to_wait = ""
        """Why the next attempt comes late, where headquarters asked for that; '' else."""

    @property
    def arrived_bytes(self) -> int:
        """Of all downloads, as they came over the line, since this process began."""
        return self._downloads.arrived_bytes

    async def run(self, listeners: Sequence[LinkListener]) -> NoReturn:
        """Keep the link up until cancelled."""
        failures = 0
        told = ""
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            end = await self._connection(listeners)
            was_steady = end.welcomed and loop.time() - began_s >= self._times.steady_ms / 1000
            failures = 0 if was_steady else failures + 1
            told = _tell(end, told, is_news=was_steady)
            pause = pause_ms(self._times, failures, self._chance, refused=end.refused)
            if end.wait is not None:
                pause = end.wait.pause_ms(self._chance)
            self.asked_to_wait = "" if end.wait is None else str(end.wait)
            await asyncio.sleep(pause / 1000)

    async def send(self, message: AnyFromSite) -> bool:
        """Whether `message` went out; False where there is no link now."""
        if self._socket is None:
            return False
        try:
            async with asyncio.timeout(self._times.send_ms / 1000):
                if isinstance(message, PackedEntries):
                    await self._socket.send_bytes(message.data)
                elif text := text_in(message, self.version):
                    await self._socket.send_str(text)
        except NETWORK_ERRORS:
            return False
        return True

    async def _connection(self, listeners: Sequence[LinkListener]) -> _End:
        """One connection from its first packet to its end."""
        connector = aiohttp.TCPConnector(ssl=self._context, limit=CONNECTIONS_MAX)
        session = aiohttp.ClientSession(self._base, connector=connector)
        try:
            return await self._link(session, listeners)
        except ENDINGS as error:
            return self._ended_by(error, welcomed=False)
        finally:
            await session.close()

    async def _link(
        self, session: aiohttp.ClientSession, listeners: Sequence[LinkListener]
    ) -> _End:
        deadline_s = asyncio.get_running_loop().time() + self._times.connect_ms / 1000
        async with asyncio.timeout_at(deadline_s):
            socket = await session.ws_connect(
                "/v1/link",
                protocols=[name_of(version) for version in self.versions],
                max_msg_size=MESSAGE_BYTES_MAX,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_MS / 1000),
            )
        try:
            self.version = version_named(socket.protocol) or UNNAMED
            if self.version not in self.versions:
                return await self._not_understood(socket, deadline_s)
            async with asyncio.timeout_at(deadline_s):
                await socket.send_str(text_in(self._hello(), self.version) or "")
                first = await _next(socket)
            if not isinstance(first, Welcome):
                return self._refused(first)
            self.refusal = self.asked_to_wait = ""
            return await self._serve(session, socket, listeners, first)
        finally:
            # The farewell itself can hang in a full pipe.
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * CLOSE_MS / 1000):
                    await socket.close()

    async def _not_understood(
        self, socket: aiohttp.ClientWebSocketResponse, deadline_s: float
    ) -> _End:
        """No version is shared: headquarters' own words, or ours where it says nothing."""
        said: AnyFromPrimary | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline_s):
                said = await _next(socket)
        return self._refused(said, none_taken(self.versions))

    async def _serve(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        listeners: Sequence[LinkListener],
        welcome: Welcome,
    ) -> _End:
        self._downloads.session, self._socket = session, socket
        log.info("the link to the primary is up, protocol %d", self.version)
        try:
            for listener in listeners:
                await listener.up(welcome)
            return await self._listen(socket, listeners)
        except ENDINGS as error:
            return self._ended_by(error, welcomed=True)
        finally:
            self._downloads.session = self._socket = None
            for listener in listeners:
                listener.down()

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, listeners: Sequence[LinkListener]
    ) -> _End:
        while True:
            async with asyncio.timeout(self._times.silence_ms / 1000):
                message = await _next(socket)
            if message is None:
                return _End(why="the primary closed it", welcomed=True)
            for listener in listeners:
                await listener.heard(message)
            if isinstance(message, Fence):
                return self._refused(message)

    def _refused(self, message: AnyFromPrimary | None, why: str = "") -> _End:
        reason = message.reason if isinstance(message, Fence) else why
        if reason:
            self.refusal = reason
            return _End(why=f"refused: {reason}", refused=True)
        return _End(why="the primary closed it" if message is None else "no welcome")

    def _ended_by(self, error: Exception, *, welcomed: bool) -> _End:
        if isinstance(error, BadMessageError):
            self.refusal = f"The two ends do not understand each other: {error}"
            return _End(why=self.refusal, refused=True)
        if isinstance(error, aiohttp.WSServerHandshakeError):
            wait = wait_of(error.status, error.headers)
            if wait is not None:
                return _End(why=str(wait), wait=wait)
        if isinstance(error, aiohttp.WSServerHandshakeError) and error.status == FORBIDDEN:
            self.on_shut_out()
            return _End(why="the primary does not take this site's certificate")
        return _End(why=words_of(error), welcomed=welcomed)


async def _next(socket: aiohttp.ClientWebSocketResponse) -> AnyFromPrimary | None:
    """The next message; None once the connection is closed."""
    frame = await socket.receive()
    if frame.type is _BINARY:
        return PushedDelta(data=frame.data)
    return parse_from_primary(frame.data) if frame.type is _TEXT else None


def _tell(end: _End, told: str, *, is_news: bool) -> str:
    """Log why the link is down, once per reason; return what was said last."""
    if is_news or end.why != told:
        level = logging.ERROR if end.refused else logging.WARNING
        log.log(level, "no link to the primary: %s", end.why)
    return end.why
