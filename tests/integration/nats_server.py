"""A real NATS server on loopback, with JetStream, TLS and client certificates with rights."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replication.adapters.nats_place import NatsPlace
from tests.integration.loopback_certificate import write_certificates
from tests.integration.s3_server import READY_S, listens
from tests.integration.slapd import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BUCKET = "directory"

_CONFIG = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}/data", sync_interval: always }}
tls {{
  cert_file: "{folder}/cert.pem"
  key_file: "{folder}/key.pem"
  ca_file: "{folder}/ca.pem"
  {verify}: true
}}
{rights}
"""


@dataclass(frozen=True, slots=True)
class NatsServer:
    """A running server."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process

    def place(self, port: int | None = None) -> NatsPlace:
        """Where it is, perhaps behind a relay."""
        return NatsPlace(
            endpoint=f"nats://127.0.0.1:{port or self.port}",
            bucket=BUCKET,
            ca_file=self.folder / "ca.pem",
            cert_file=self.folder / "cert.pem",
            key_file=self.folder / "key.pem",
        )

    def settings(self, port: int | None = None) -> dict[str, object]:
        """The same as a configuration says it."""
        return {
            "type": "nats",
            "bucket": BUCKET,
            "endpoint": self.place(port).endpoint,
            "ca_file": str(self.folder / "ca.pem"),
            "cert_file": str(self.folder / "cert.pem"),
            "key_file": str(self.folder / "key.pem"),
        }

    async def stop(self) -> None:
        """End it."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


def program() -> str:
    """The program; the test fails where it is missing."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("nats-server", path=beside)
    if found is None:
        pytest.fail("nats-server is missing. Run: rm -rf .venv && make setup")
    return found


@asynccontextmanager
async def nats_server(folder: Path, rights: str = "") -> AsyncIterator[NatsServer]:
    """A server on the data of that folder; `rights` are those of the certificate in it."""
    if not folder.exists():
        folder.mkdir(parents=True)
        write_certificates(folder, "127.0.0.1")
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            port=port,
            verify="verify_and_map" if rights else "verify",
            rights=rights,
        )
    )
    process = await asyncio.create_subprocess_exec(
        *(program(), "-c", str(config)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    server = NatsServer(folder, port, process)
    try:
        async with asyncio.timeout(READY_S):
            await listens(port)
        yield server
    finally:
        await server.stop()
