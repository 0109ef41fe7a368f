"""A relay before a real server that breaks a connection off after so many bytes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class CuttingRelay:
    """Relays until `cut_after` bytes came from the server on one connection; None: all."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.port = 0
        self.cut_after: int | None = None
        self.given_bytes = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            writer.transport.abort()
            return
        try:
            async with asyncio.TaskGroup() as group:
                up = group.create_task(self.pipe(reader, to_server))
                with suppress(ConnectionError):
                    await self.down(there, writer)
                up.cancel()
        finally:
            writer.transport.abort()
            to_server.transport.abort()

    async def pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()

    async def down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while data := await reader.read(65_536):
            if self.cut_after is not None and passed + len(data) > self.cut_after:
                # What was let through before arrives; a reset right after it would eat it.
                writer.write(data[: max(0, self.cut_after - passed)])
                await writer.drain()
                writer.write_eof()
                return
            passed += len(data)
            self.given_bytes += len(data)
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def cutting_relay(server_port: int) -> AsyncIterator[CuttingRelay]:
    """A relay to that port."""
    relay = CuttingRelay(server_port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
