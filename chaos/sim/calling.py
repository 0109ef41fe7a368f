"""A site's end of the link in a simulation: it calls, and calls again, as `LinkClient` does.

The pauses are those of the real one; what is replaced is HTTP, TLS and the WebSocket.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from chaos.sim.door import Asked
from chaos.sim.frames import frame, from_primary
from chaos.sim.wan import Way
from replication.adapters.downloads import LinkDownError, LinkRefusedError
from replication.adapters.link_times import LinkTimes, pause_ms
from replication.adapters.ltx_fetch import NotThereError
from replication.delta_chain import split
from replication.known_entry import KNOWN_PATH, KnownEntry
from replication.manifest import Manifest
from replication.messages import Fence, Welcome

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from chaos.sim.door import Answered
    from chaos.sim.handshake import Papers
    from chaos.sim.wan import End, Line
    from replication.link import LinkListener
    from replication.manifest import LtxName
    from replication.messages import AnyFromPrimary, AnyFromSite, Hello

REQUEST_BYTES: Final = 300
PIECE_BYTES: Final = 64 * 1024


class Headquarters(Protocol):
    """What a site finds at the other end of its line."""

    def call(self, line: Line, papers: Papers) -> End | None:
        """A connection; None where nobody answers."""
        ...

    async def ask(self, papers: Papers, asked: Asked) -> Answered | None:
        """What the link's door answers; None: it does not let these papers in.

        Errors: `LinkDownError`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """Where a site's line leads."""

    line: Line
    headquarters: Headquarters


class Calling:
    """Keeps the link up while `run` runs; also the downloads."""

    def __init__(
        self, far_end: FarEnd, papers: Papers, hello: Callable[[], Hello], silence_ms: int
    ) -> None:
        self._line, self._headquarters = far_end.line, far_end.headquarters
        self._papers = papers
        self._hello = hello
        self._times = LinkTimes(silence_ms=silence_ms)
        self._chance = random.SystemRandom()
        self._end: End | None = None
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
        body = await self._body(f"/v1/ltx/manifest?after={after_txid}")
        return Manifest.from_json(json.loads(body))

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """See `Downloads.deltas`."""
        return split(await self._body(f"/v1/ltx/delta/{lineage}/{base_txid}-{txid}"))

    async def known_entry(self, epoch: int, seq: int) -> KnownEntry:
        """See `Downloads.known_entry`."""
        return KnownEntry.model_validate_json(await self._body(f"{KNOWN_PATH}/{epoch}/{seq}"))

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """See `Downloads.fetch`."""
        async with self._asking():
            data = await self._answer(f"/v1/ltx/file/{lineage}/{name}")
        for at in range(offset_bytes, len(data), PIECE_BYTES):
            piece = data[at : at + PIECE_BYTES]
            async with self._asking(asks=False):
                await self._line.answer(len(piece))
            self.arrived_bytes += len(piece)
            yield piece

    async def _body(self, path: str) -> bytes:
        async with self._asking():
            body = await self._answer(path)
            await self._line.answer(len(body))
        return body

    async def _answer(self, path: str) -> bytes:
        """The answer; where the first one is lost, to the same question asked again."""
        asked = Asked(path=path)
        if self._line.loses_an_answer():
            await self._headquarters.ask(self._papers, asked)
            await self._line.carry(Way.UP, REQUEST_BYTES)
        answered = await self._headquarters.ask(self._papers, asked)
        if answered is None:
            raise LinkDownError
        if answered.status == HTTPStatus.NOT_FOUND:
            raise NotThereError
        if answered.status != HTTPStatus.OK:
            raise LinkRefusedError
        return answered.body

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

    async def _connection(self, listeners: Sequence[LinkListener]) -> tuple[bool, bool]:
        """Whether it was welcomed, and whether it was refused."""
        hello = self._hello()
        end: End | None = None
        try:
            async with asyncio.timeout(self._times.connect_ms / 1000):
                await self._line.carry(Way.UP, REQUEST_BYTES)
                if self._line.loses_an_answer():
                    # Somebody on the way has asked twice: headquarters has a connection that
                    # nobody will ever speak on.
                    self._headquarters.call(self._line, self._papers)
                end = self._headquarters.call(self._line, self._papers)
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
