"""A `Wan` of our own: a small TCP relay inside the scenario's event loop.

It stands in where toxiproxy cannot be had, and is the tests' double of it; both pass one contract
test.
"""

from __future__ import annotations

import asyncio
from typing import Final

from chaos.live.wan import LOOPBACK

CHUNK_BYTES: Final = 65_536
CONNECT_TIMEOUT_MS: Final = 2_000


class RelayWan:
    """One relayed port. Open it with `RelayMaker`."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._server: asyncio.Server | None = None
        self._cut = False
        self._holed: set[asyncio.StreamWriter] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._empty = asyncio.Event()

    @property
    def listen_port(self) -> int:
        """The port that the site dials."""
        if self._server is None:
            return 0
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def listen(self) -> None:
        """Begin to relay, on a port that the system chooses."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)

    async def cut(self) -> None:
        """Drop every byte from now on; all present connections have a hole and will not recover."""
        self._cut = True
        self._holed |= self._open

    async def heal(self) -> None:
        """Relay new connections again; close those that have a hole."""
        self._cut = False
        for writer in set(self._holed):
            writer.transport.abort()

    async def close(self) -> None:
        """Stop listening and drop all connections."""
        if self._server is None:
            return
        self._server.close()
        for writer in set(self._open):
            writer.transport.abort()
        if self._open:
            await self._empty.wait()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._enter(writer)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_MS / 1000):
                far_reader, far_writer = await asyncio.open_connection(
                    LOOPBACK, self._upstream_port
                )
        except OSError:  # TimeoutError is one of them
            self._leave(writer)
            return
        self._enter(far_writer)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer))
                both.create_task(self._pump(far_reader, writer))
        finally:
            self._leave(writer)
            self._leave(far_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                if writer not in self._holed:
                    writer.write(chunk)
                    await writer.drain()
        except OSError:
            writer.transport.abort()
        if writer not in self._holed:  # nobody hears of a hang-up over a cut WAN
            writer.close()

    def _enter(self, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self._empty.clear()
        if self._cut:
            self._holed.add(writer)

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        self._open.discard(writer)
        self._holed.discard(writer)
        if not self._open:
            self._empty.set()


class RelayMaker:
    """Relays, one per WAN."""

    def __init__(self, kind: str = "relay") -> None:
        self.kind = kind
        self._wans: list[RelayWan] = []

    async def open(self, name: str, upstream_port: int) -> RelayWan:  # noqa: ARG002 - no one asks
        """A new healthy relay to `upstream_port`."""
        wan = RelayWan(upstream_port)
        await wan.listen()
        self._wans.append(wan)
        return wan

    async def close(self) -> None:
        """Close every relay."""
        for wan in self._wans:
            await wan.close()
