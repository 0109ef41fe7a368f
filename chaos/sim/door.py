"""A door of headquarters in a simulation: its real HTTP application, over connections in memory.

Whoever asks has made a handshake already (`chaos.sim.handshake`). From there on everything is what
the product does: the parser, the middlewares, the routes.
"""

from __future__ import annotations

import asyncio
import io
import json
from contextvars import copy_context
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

from chaos.sim.loop import LIFE

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Mapping
    from contextvars import Context

    from chaos.sim.loop import Life


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    path: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        """Its bytes; the connection is for this one only."""
        headers = {
            "Host": "headquarters",
            "Connection": "close",
            "Content-Length": str(len(self.body)),
            **self.headers,
        }
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer."""

    status: int
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever it is
        """Its body, read."""
        return json.loads(self.body)


class Door:
    """`app`, served in the process `life`."""

    def __init__(self, app: web.Application, life: Life) -> None:
        self._runner: Final = web.AppRunner(app, handle_signals=False, access_log=None)
        self._life = life

    async def open(self) -> None:
        """Begin to serve."""
        await self._runner.setup()

    async def ask(self, asked: Asked, secured: ssl.SSLObject | None = None) -> Answered:
        """The answer. It never comes where the process dies meanwhile."""
        server = self._runner.server
        if server is None:
            return Answered(status=503, body=b"")
        context = copy_context()
        context.run(LIFE.set, self._life)
        line = _InMemory(secured, context)
        protocol = line.protocol = cast("asyncio.Protocol", context.run(server))
        context.run(protocol.connection_made, line)
        context.run(protocol.data_received, asked.wire())
        await line.ended.wait()
        return _read(bytes(line.written))


class _InMemory(asyncio.Transport):
    """The server's end of a connection."""

    def __init__(self, secured: ssl.SSLObject | None, context: Context) -> None:
        super().__init__(
            {
                "ssl_object": secured,
                "peercert": None if secured is None else secured.getpeercert(),
                "peername": ("127.0.0.1", 1),
            }
        )
        self._context = context
        self.protocol: asyncio.Protocol | None = None
        self.written = bytearray()
        self.ended = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand it over."""
        self.written += data

    def is_closing(self) -> bool:
        """Whether it is over."""
        return self.ended.is_set()

    def is_reading(self) -> bool:
        """Everything was handed over at once."""
        return not self.ended.is_set()

    def pause_reading(self) -> None:
        """Nothing more comes anyway."""

    def resume_reading(self) -> None:
        """The same."""

    def close(self) -> None:
        """End it."""
        if self.ended.is_set():
            return
        self.ended.set()
        if self.protocol is not None:
            loop = asyncio.get_running_loop()
            loop.call_soon(self.protocol.connection_lost, None, context=self._context)

    def abort(self) -> None:
        """End it at once."""
        self.close()


def _read(data: bytes) -> Answered:
    response = HTTPResponse(cast("socket.socket", _Bytes(data)))
    response.begin()
    return Answered(status=response.status, body=response.read())


class _Bytes:
    """What `HTTPResponse` needs of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        """The bytes as a file."""
        return io.BytesIO(self._data)
