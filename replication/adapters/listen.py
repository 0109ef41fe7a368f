"""Listening on a port, and telling which port it was."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from replication.adapters.narrow_door import narrow_door
from replication.adapters.private_file import write_private
from replication.errors import CannotListenError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from replication.adapters.narrow_door import Doorway

PORTS_FILE: Final = "ports.json"
SHUTDOWN_S: Final = 2.0
"""For requests under way when the server stops; what was accepted is on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to listen, and as whom if over TLS. Port 0: any free one.

    `doorway`: how many connections are set up at once; None: as many as come.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    doorway: Doorway | None = None


@asynccontextmanager
async def listening(app: web.Application, door: Door) -> AsyncIterator[int]:
    """Serve `app` at `door`; the port taken. Errors: `CannotListenError`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        async with _open(runner, door) as port:
            yield port
    finally:
        await runner.cleanup()


def forget_ports(data_dir: Path) -> None:
    """Take back what a server that was killed told."""
    (data_dir / PORTS_FILE).unlink(missing_ok=True)


@contextmanager
def told_ports(data_dir: Path, ports: Mapping[str, int]) -> Iterator[None]:
    """Keep `ports.json` in the folder while the server listens."""
    path = data_dir / PORTS_FILE
    write_private(path, f"{json.dumps(ports)}\n".encode())
    try:
        yield
    finally:
        forget_ports(data_dir)


@asynccontextmanager
async def _open(runner: web.AppRunner, door: Door) -> AsyncIterator[int]:
    async with AsyncExitStack() as stack:
        try:
            if door.doorway is not None and runner.server is not None:
                place = (door.host, door.port)
                narrow = narrow_door(runner.server, place, door.tls, door.doorway)
                port = await stack.enter_async_context(narrow)
            else:
                await web.TCPSite(runner, door.host, door.port, ssl_context=door.tls).start()
                port = int(runner.addresses[0][1])
        except OSError as error:
            raise CannotListenError(
                f"Cannot listen on {door.host} port {door.port}: {error.strerror}. "
                "Stop what listens there, or configure another port."
            ) from error
        yield port
