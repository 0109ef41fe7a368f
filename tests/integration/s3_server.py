"""A real S3 server on loopback: versitygw, whose objects are files."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from obstore.store import S3Store

from replication.adapters.private_file import write_private
from replication.adapters.s3_place import S3Key, S3Place
from tests.integration.slapd import free_port
from tools.record import SHELF

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READY_S = 20
KEY = S3Key(access_key_id="holdfast", secret_access_key="a secret of the test")
BUCKET = "directory"


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server with one bucket."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process

    @property
    def bucket(self) -> Path:
        """The bucket; its objects are files below it."""
        return self.folder / "data" / BUCKET

    def place(self, port: int | None = None) -> S3Place:
        """Where it is, perhaps behind a relay."""
        return S3Place(
            bucket=BUCKET,
            endpoint=f"http://127.0.0.1:{port or self.port}",
            region="us-east-1",
            prefix="holdfast/test",
            key_file=self.folder / "store.key",
        )

    def settings(self, port: int | None = None) -> dict[str, object]:
        """The same as a configuration says it."""
        return {
            "type": "s3",
            "bucket": BUCKET,
            "endpoint": self.place(port).endpoint,
            "key_file": str(self.folder / "store.key"),
        }

    async def stop(self) -> None:
        """End it."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


def program() -> Path:
    """The program; the test fails where it is missing."""
    found = shutil.which("versitygw", path=f"{SHELF / 'bin'}:{os.environ.get('PATH', '')}")
    if found is None:
        pytest.fail("versitygw is missing. Run: make tools (it needs Go)")
    return Path(found)


@asynccontextmanager
async def s3_server(folder: Path, *, with_users: bool = False) -> AsyncIterator[S3Server]:
    """A server with its own data; `with_users`: it can have more keys than the one of its owner."""
    (folder / "data" / BUCKET).mkdir(parents=True)
    for name in ("meta", "users"):
        (folder / name).mkdir()
    users = ("--iam-dir", folder / "users", "--iam-cache-disable") if with_users else ()
    key_text = (
        f'access_key_id = "{KEY.access_key_id}"\nsecret_access_key = "{KEY.secret_access_key}"\n'
    )
    write_private(folder / "store.key", key_text.encode())
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(program(), "--quiet", "--keep-alive", "--port", f"127.0.0.1:{port}"),
        *users,
        *("posix", "--sidecar", folder / "meta", folder / "data"),
        env={"ROOT_ACCESS_KEY": KEY.access_key_id, "ROOT_SECRET_KEY": KEY.secret_access_key},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    server = S3Server(folder, port, process)
    try:
        async with asyncio.timeout(READY_S):
            await listens(port)
        yield server
    finally:
        await server.stop()


def writer_of(server: S3Server) -> S3Store:
    """A client that may write."""
    return store_of(server, KEY)


def store_of(server: S3Server, key: S3Key) -> S3Store:
    """A client with that key, that does what it is told."""
    return S3Store(
        BUCKET,
        endpoint=server.place().endpoint,
        region="us-east-1",
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
        client_options={"allow_http": True},
    )


async def listens(port: int) -> None:
    """Return once something accepts connections there."""
    while not await _answers(port):
        pass


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
