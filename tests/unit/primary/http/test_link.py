"""The link's WebSocket against sites that are silent, babble, or never stop.

TLS and certificates are in tests/integration/test_link_trust.py.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web

from primary.http.link import SocketWire
from replication.messages import MESSAGE_BYTES_MAX, AnyFromSite, Beat, BeatAck, PushedDelta

SILENCE_MS = 150


class Door:
    """One WebSocket path without TLS; what comes through it is kept."""

    def __init__(self) -> None:
        self.heard: list[AnyFromSite | None] = []
        self.ended = asyncio.Event()
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer each beat, until the end."""
        socket = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_MAX, timeout=0.1)
        await socket.prepare(request)
        wire = SocketWire(socket, request, silence_ms=SILENCE_MS)
        while (message := await wire.receive()) is not None:
            self.heard.append(message)
            await wire.send(BeatAck(number=len(self.heard)))
            await wire.send(PushedDelta(data=b"HFD1"))
        await socket.close()
        self.ended.set()
        return socket


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    opened = Door()
    app = web.Application()
    app.router.add_get("/", opened.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    opened.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with asyncio.timeout(10):
        yield opened
    await runner.cleanup()


async def test_a_message_is_heard_and_answered_and_a_delta_is_a_binary_frame(door: Door) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(door.url) as socket:
        await socket.send_str(Beat(number=1).model_dump_json())
        assert await socket.receive_str() == BeatAck(number=1).model_dump_json()
        assert await socket.receive_bytes() == b"HFD1"
    await door.ended.wait()
    assert door.heard == [Beat(number=1)]


async def test_a_site_that_falls_silent_is_dropped(door: Door) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(door.url) as socket:
        await door.ended.wait()
        assert (await socket.receive()).type in {
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.ERROR,
        }


@pytest.mark.parametrize("babble", ["", "hello?", '{"type":"welcome"}', "x" * 100_000])
async def test_a_site_that_babbles_is_dropped_and_the_next_is_served(
    door: Door, babble: str
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(door.url) as socket:
            await socket.send_str(babble)
            await door.ended.wait()
        async with session.ws_connect(door.url) as socket:
            await socket.send_str(Beat(number=1).model_dump_json())
            assert await socket.receive_str() == BeatAck(number=1).model_dump_json()


async def test_a_message_beyond_the_bound_ends_the_connection(door: Door) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(door.url) as socket:
        with suppress(OSError):  # the door may be shut before the last byte went out
            await socket.send_bytes(bytes(MESSAGE_BYTES_MAX + 1))
        await door.ended.wait()
    assert door.heard == []
