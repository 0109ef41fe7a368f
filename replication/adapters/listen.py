"""Listening on a port, and telling which port it was."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from replication.adapters.private_file import write_private
from replication.errors import CannotListenError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

PORTS_FILE: Final = "ports.json"
SHUTDOWN_S: Final = 2.0
"""For requests under way when the server stops; what was accepted is on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to listen, and as whom if over TLS. Port 0: any free one."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


@asynccontextmanager
async def listening(app: web.Application, door: Door) -> AsyncIterator[int]:
    """Serve `app` at `door`; the port taken. Errors: `CannotListenError`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await _start(runner, door)
        yield int(runner.addresses[0][1])
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


async def _start(runner: web.AppRunner, door: Door) -> None:
    site = web.TCPSite(runner, door.host, door.port, ssl_context=door.tls)
    try:
        await site.start()
    except OSError as error:
        raise CannotListenError(
            f"Cannot listen on {door.host} port {door.port}: {error.strerror}. "
            "Stop what listens there, or configure another port."
        ) from error
