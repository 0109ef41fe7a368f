"""A site that does not read, over a real socket: it costs little memory and catches up later."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from chaos.live.waiting import until
from primary.http.link import SocketWire
from primary.service.publish import WAITING_BYTES_MAX, Subscription
from replication.messages import Head, PushedDelta

LINEAGE = "0123456789abcdef" * 2
DELTA_BYTES = 100_000
DELTAS = 200
BUFFER_BYTES_MAX = 1_000_000
"""Of one connection: what the sockets of this process hold, with much room."""
TEXT, BINARY, LONG, LONGER = 1, 2, 126, 127
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: hq\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Door:
    """Tells one link what its subscription has."""

    def __init__(self) -> None:
        self.news = Subscription(takes_deltas=True)
        self.transport: asyncio.WriteTransport | None = None
        self.port = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        response = web.WebSocketResponse(timeout=0.1)
        await response.prepare(request)
        wire = SocketWire(response, request, silence_ms=10_000)
        assert isinstance(request.transport, asyncio.WriteTransport)
        self.transport = request.transport
        while await wire.send(await self.news.next()):
            pass
        return response


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/", door.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        door.port = runner.addresses[0][1]
        yield
    finally:
        await runner.cleanup()


async def deaf_site(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that takes in nothing beyond some kilobytes until it is read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=client, limit=8_192)
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, size = await reader.readexactly(2)
    if size == LONG:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
    elif size == LONGER:
        (size,) = struct.unpack(">Q", await reader.readexactly(8))
    return first & 15, await reader.readexactly(size)


async def test_what_a_site_does_not_read_is_dropped_and_it_hears_the_newest_head_in_the_end() -> (
    None
):
    door = Door()
    async with asyncio.timeout(30), opened(door):
        reader, writer = await deaf_site(door.port)

        async def is_there() -> bool:
            return door.transport is not None

        await until(is_there, "the link", within_ms=5_000, every_ms=2)
        most_buffered = most_waiting = 0
        for txid in range(2, DELTAS + 2):
            delta = PushedDelta(data=txid.to_bytes(8, "big") * (DELTA_BYTES // 8))
            door.news.offer(Head(lineage=LINEAGE, txid=txid), delta)
            await asyncio.sleep(0)
            assert door.transport is not None
            most_buffered = max(most_buffered, door.transport.get_write_buffer_size())
            most_waiting = max(most_waiting, door.news.waiting_bytes)
        assert door.news.fell_behind > 0
        assert most_waiting <= WAITING_BYTES_MAX
        assert most_buffered <= BUFFER_BYTES_MAX

        heard: list[int] = []
        while True:
            kind, data = await frame(reader)
            if kind == TEXT:
                break
            heard.append(int.from_bytes(data[:8], "big"))
        writer.close()

    assert kind == TEXT
    assert Head.model_validate_json(data).txid == DELTAS + 1
    assert heard == list(range(2, 2 + len(heard))), "deltas without a hole, until the head"
    assert len(heard) < DELTAS
