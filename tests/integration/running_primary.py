"""A real primary as a process, and a client of its API."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from replication.adapters.tls import client_context

EXAMPLE = Path(__file__).parents[2] / "primary" / "example" / "organisation.toml"
ADA_MICROS = 20_000_000
OPENING_MICROS = 140_150_000
READY_S = 30


def holdfast(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "primary", *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Running:
    """A primary that runs, and a client of its API."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.process = process
        self.ports: dict[str, int] = json.loads((folder / "ports.json").read_text())
        self.key = (folder / "admin.key").read_text().strip()
        self.trust = client_context(ca_pem=(folder / "pki" / "ca.cert.pem").read_text())

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        address = f"https://localhost:{self.ports['api']}{path}"
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, address, json=body, ssl=self.trust) as response,
        ):
            return response.status, await response.json(content_type=None)

    async def get(self, path: str) -> dict[str, Any]:
        status, answer = await self.call("GET", path)
        assert status == 200, answer
        return answer

    async def adjust(self, amount_micros: int, request_id: str) -> tuple[int, dict[str, Any]]:
        body = {"amount_micros": amount_micros, "comment": "test", "request_id": request_id}
        return await self.call("POST", "/api/v1/users/ada/adjustments", body)

    async def ada_micros(self) -> int:
        balance = await self.get("/api/v1/users/ada/balance")
        return int(balance["balance_micros"])

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def running(folder: Path, settings: Path | None = None) -> AsyncIterator[Running]:
    """A primary on this data folder, with these settings where they are given."""
    if settings is None:
        settings = folder.parent / "primary.toml"
        settings.write_text(
            f'data_dir = "{folder}"\n'
            'link = { listen_host = "127.0.0.1", port = 0, public_host = "hq.test" }\n'
            "api.port = 0\n"
        )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "primary", "run", "--config", str(settings)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await until_ready(process)
        yield Running(folder, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    said: list[bytes] = []
    async with asyncio.timeout(READY_S):
        while line := await process.stderr.readline():
            said.append(line)
            if b"ready" in line:
                return
    pytest.fail(b"".join(said).decode())


def initialised(tmp_path: Path) -> Path:
    """A data folder of the example organisation."""
    data_dir = tmp_path / "data"
    made = holdfast("init", "--from", EXAMPLE, "--data", data_dir)
    assert made.returncode == 0, made.stderr
    return data_dir
