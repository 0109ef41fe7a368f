"""What every adapter of `chaos.live.wan.Wan` promises: toxiproxy and our relay."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.live.processes import Children
from chaos.live.relay import RelayMaker
from chaos.live.toxiproxy import ToxiproxyMaker, require_program
from chaos.live.wan import LOOPBACK, Wan, WanMaker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOOLS = Path(__file__).parents[2] / ".tools"
SOON_S = 2.0
SILENCE_S = 0.25


class Headquarters:
    """A far end that answers every line with itself, and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def say(self, text: bytes) -> None:
        for writer in self._writers:
            writer.write(text)
            await writer.drain()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
        except OSError:
            return


@pytest.fixture(params=["toxiproxy", "relay"])
async def maker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WanMaker]:
    async with AsyncExitStack() as stack:
        made: WanMaker
        if request.param == "relay":
            made = RelayMaker()
        else:
            children = await stack.enter_async_context(Children())
            made = await ToxiproxyMaker.start(children, require_program(TOOLS), tmp_path)
        stack.push_async_callback(made.close)
        yield made


@pytest.fixture
async def headquarters() -> AsyncIterator[Headquarters]:
    far = Headquarters()
    yield far
    await far.close()


@pytest.fixture
async def wan(maker: WanMaker, headquarters: Headquarters) -> Wan:
    return await maker.open("oslo", await headquarters.listen())


class Caller:
    """A site's connection through the WAN."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, wan: Wan) -> Caller:
        return cls(*await asyncio.open_connection(LOOPBACK, wan.listen_port))

    async def ask(self, line: bytes) -> bytes | None:
        """The echo; None where nothing comes, b"" where the connection ended."""
        self.writer.write(line)
        return await self.hear(SOON_S)

    async def hear(self, within_s: float) -> bytes | None:
        try:
            async with asyncio.timeout(within_s):
                return await self.reader.readline()
        except TimeoutError:
            return None
        except OSError:
            return b""

    def hang_up(self) -> None:
        self.writer.transport.abort()


async def test_a_healthy_wan_carries_bytes_both_ways(wan: Wan) -> None:
    caller = await Caller.dial(wan)
    assert await caller.ask(b"hello\n") == b"hello\n"
    caller.hang_up()


async def test_a_cut_swallows_what_is_said_over_an_old_connection_and_leaves_it_open(
    wan: Wan, headquarters: Headquarters
) -> None:
    caller = await Caller.dial(wan)
    await caller.ask(b"before\n")
    await wan.cut()
    caller.writer.write(b"while cut\n")
    await headquarters.say(b"from headquarters\n")
    assert await caller.hear(SILENCE_S) is None
    assert headquarters.heard == [b"before\n"]
    caller.hang_up()


async def test_a_cut_lets_no_new_connection_through(wan: Wan, headquarters: Headquarters) -> None:
    await wan.cut()
    caller = await Caller.dial(wan)
    caller.writer.write(b"anybody there?\n")
    assert await caller.hear(SILENCE_S) is None
    assert headquarters.heard == []
    caller.hang_up()


async def test_after_healing_a_new_connection_works_at_once(wan: Wan) -> None:
    await wan.cut()
    await wan.heal()
    caller = await Caller.dial(wan)
    assert await caller.ask(b"again\n") == b"again\n"
    caller.hang_up()


async def test_a_connection_that_lived_through_a_cut_ends_and_never_delivers_again(
    wan: Wan, headquarters: Headquarters
) -> None:
    caller = await Caller.dial(wan)
    await caller.ask(b"before\n")
    await wan.cut()
    caller.writer.write(b"into the hole\n")
    assert await caller.hear(SILENCE_S) is None
    await wan.heal()
    assert await caller.hear(SOON_S) == b""
    assert headquarters.heard == [b"before\n"]
    caller.hang_up()


async def test_a_connection_opened_during_a_cut_ends_when_it_heals(
    wan: Wan, headquarters: Headquarters
) -> None:
    await wan.cut()
    caller = await Caller.dial(wan)
    caller.writer.write(b"into the hole\n")
    assert await caller.hear(SILENCE_S) is None
    await wan.heal()
    assert await caller.hear(SOON_S) == b""
    assert headquarters.heard == []
    caller.hang_up()


async def test_cutting_and_healing_may_be_repeated(wan: Wan) -> None:
    for _ in range(3):
        await wan.cut()
        await wan.cut()
        await wan.heal()
        await wan.heal()
    caller = await Caller.dial(wan)
    assert await caller.ask(b"still here\n") == b"still here\n"
    caller.hang_up()


async def test_one_wan_is_cut_alone(maker: WanMaker, headquarters: Headquarters) -> None:
    port = await headquarters.listen()
    oslo, lima = await maker.open("oslo", port), await maker.open("lima", port)
    await oslo.cut()
    caller = await Caller.dial(lima)
    assert await caller.ask(b"lima\n") == b"lima\n"
    caller.hang_up()
