"""A site's end of the link in a simulation: it calls, and calls again, as `LinkClient` does.

The pauses are those of the real one; what is replaced is HTTP, TLS and the WebSocket.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, TypeVar

from chaos.sim.frames import frame, from_primary
from chaos.sim.wan import Way
from replication.adapters.downloads import LinkDownError
from replication.adapters.link_times import LinkTimes, pause_ms
from replication.adapters.ltx_fetch import NotThereError
from replication.messages import Fence, Welcome

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    from chaos.sim.wan import End, Line
    from replication.known_entry import KnownEntry
    from replication.link import LinkListener
    from replication.manifest import LtxName, Manifest
    from replication.messages import AnyFromPrimary, AnyFromSite, Hello

T = TypeVar("T")

REQUEST_BYTES: Final = 300
PIECE_BYTES: Final = 64 * 1024


class Headquarters(Protocol):
    """What a site finds at the other end of its line."""

    def call(self, line: Line, site_name: str, epoch: int) -> End | None:
        """A connection; None where nobody answers."""
        ...

    async def manifest(self, site_name: str, epoch: int, after_txid: int) -> Manifest:
        """Errors: `LinkDownError`, `LinkRefusedError`."""
        ...

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """Errors: `LinkDownError`, `NotThereError`."""
        ...

    async def file(self, lineage: str, name: LtxName) -> bytes:
        """Errors: `LinkDownError`, `NotThereError`."""
        ...

    async def known_entry(self, site_name: str, epoch: int, seq: int) -> KnownEntry:
        """Errors: `LinkDownError`."""
        ...


class Calling:
    """Keeps the link up while `run` runs; also the downloads."""

    def __init__(
        self, line: Line, headquarters: Headquarters, hello: Callable[[], Hello], silence_ms: int
    ) -> None:
        self._line = line
        self._headquarters = headquarters
        self._hello = hello
        self._times = LinkTimes(silence_ms=silence_ms)
        self._chance = random.SystemRandom()
        self._end: End | None = None
        self._name = ""
        self._epoch = 0
        self.refusal = ""
        self.asked_to_wait = ""  # its headquarters has no bounds
        self.arrived_bytes = 0

    async def run(self, listeners: Sequence[LinkListener]) -> NoReturn:
        """Keep the link up until cancelled."""
        failures = 0
        while True:
            welcomed, was_refused = await self._connection(listeners)
            failures = 0 if welcomed else failures + 1
            pause = pause_ms(self._times, failures, self._chance, refused=was_refused)
            await asyncio.sleep(pause / 1000)

    def hang_up(self) -> None:
        """End the connection from outside, as a kernel does for a dead process."""
        if self._end is not None:
            self._end.close()

    def vanish(self) -> None:
        """Be gone without a word, as a machine without power."""
        if self._end is not None:
            self._end.vanish()

    async def send(self, message: AnyFromSite) -> bool:
        """Whether `message` went out."""
        return self._end is not None and self._end.send(frame(message))

    async def manifest(self, after_txid: int) -> Manifest:
        """See `Downloads.manifest`."""
        async with self._asking():
            found = await self._asked(
                lambda: self._headquarters.manifest(self._name, self._epoch, after_txid)
            )
            await self._line.answer(150 * len(found.entries))
        return found

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """See `Downloads.deltas`."""
        async with self._asking():
            found = await self._asked(lambda: self._headquarters.deltas(lineage, base_txid, txid))
            if not found:
                raise NotThereError
            await self._line.answer(sum(map(len, found)))
        return found

    async def known_entry(self, epoch: int, seq: int) -> KnownEntry:
        """See `Downloads.known_entry`."""
        async with self._asking():
            return await self._asked(lambda: self._headquarters.known_entry(self._name, epoch, seq))

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """See `Downloads.fetch`."""
        async with self._asking():
            data = await self._asked(lambda: self._headquarters.file(lineage, name))
        for at in range(offset_bytes, len(data), PIECE_BYTES):
            piece = data[at : at + PIECE_BYTES]
            async with self._asking(asks=False):
                await self._line.answer(len(piece))
            self.arrived_bytes += len(piece)
            yield piece

    @asynccontextmanager
    async def _asking(self, *, asks: bool = True) -> AsyncIterator[None]:
        """A request on its way, for as long as the link of that moment stands."""
        end = self._end
        if end is None:
            raise LinkDownError
        try:
            async with asyncio.timeout(self._times.request_ms / 1000):
                if asks:
                    await self._line.carry(Way.UP, REQUEST_BYTES)
                yield
        except TimeoutError as error:
            raise LinkDownError from error
        if self._end is not end:
            raise LinkDownError

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer; where the first one is lost, to the same question asked again."""
        if self._line.loses_an_answer():
            await ask()
            await self._line.carry(Way.UP, REQUEST_BYTES)
        return await ask()

    async def _connection(self, listeners: Sequence[LinkListener]) -> tuple[bool, bool]:
        """Whether it was welcomed, and whether it was refused."""
        hello = self._hello()
        self._name, self._epoch = hello.site_name, hello.epoch
        end: End | None = None
        try:
            async with asyncio.timeout(self._times.connect_ms / 1000):
                await self._line.carry(Way.UP, REQUEST_BYTES)
                if self._line.loses_an_answer():
                    # Somebody on the way has asked twice: headquarters has a connection that
                    # nobody will ever speak on.
                    self._headquarters.call(self._line, hello.site_name, hello.epoch)
                end = self._headquarters.call(self._line, hello.site_name, hello.epoch)
                if end is None:
                    return False, False
                await self._line.carry(Way.DOWN, REQUEST_BYTES)
                end.send(frame(hello))
                first = await _next(end)
            if not isinstance(first, Welcome):
                return False, self._is_refused(first)
            self.refusal = ""
            return True, await self._serve(end, listeners, first)
        except TimeoutError:
            return False, False
        finally:
            if end is not None:
                end.close()

    async def _serve(self, end: End, listeners: Sequence[LinkListener], welcome: Welcome) -> bool:
        self._end = end
        try:
            for listener in listeners:
                await listener.up(welcome)
            while True:
                async with asyncio.timeout(self._times.silence_ms / 1000):
                    message = await _next(end)
                if message is None:
                    return False
                for listener in listeners:
                    await listener.heard(message)
                if self._is_refused(message):
                    return True
        except TimeoutError:
            return False
        finally:
            self._end = None
            for listener in listeners:
                listener.down()

    def _is_refused(self, message: AnyFromPrimary | None) -> bool:
        if isinstance(message, Fence):
            self.refusal = message.reason
        return isinstance(message, Fence)


async def _next(end: End) -> AnyFromPrimary | None:
    data = await end.receive()
    return None if data is None else from_primary(data)
