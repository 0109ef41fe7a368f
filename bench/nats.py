"""A real NATS server whose JetStream syncs every message to its file before it says so."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nats

from bench.cups import listens
from chaos.errors import MissingToolError
from chaos.live.processes import Children, Command, free_port
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.js import JetStreamContext

START_MS: Final = 15_000
STREAM: Final = "journal"
CONFIG: Final = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}/data", sync_interval: always }}
"""


def program() -> str:
    """Where it is; `MissingToolError` says how to get it."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    if found is None:
        raise MissingToolError("nats-server is missing. Run: rm -rf .venv && make setup")
    return found


@asynccontextmanager
async def jet_stream(folder: Path) -> AsyncIterator[JetStreamContext]:
    """A client of a server with one stream, kept in files."""
    port, config = free_port(), folder / "nats.conf"

    def write() -> None:
        folder.mkdir(parents=True)
        config.write_text(CONFIG.format(port=port, folder=folder), encoding="utf-8")

    await asyncio.to_thread(write)
    async with Children() as children:
        child = await children.start(
            Command(
                name="nats-server",
                argv=(program(), "-c", str(config)),
                log_path=folder / "nats.log",
            )
        )

        async def is_up() -> bool:
            child.check_alive()
            return await listens(port)

        await until(is_up, "nats-server", within_ms=START_MS)
        client = await nats.connect(f"nats://127.0.0.1:{port}")
        stream = client.jetstream()
        await stream.add_stream(name=STREAM, subjects=[f"{STREAM}.>"])
        try:
            yield stream
        finally:
            await client.close()
