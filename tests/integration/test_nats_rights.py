"""What docs/operations/distribution.md says of NATS: the least rights are enough, TLS is a must."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import nats
import pytest

from replication.adapters.ltx_fetch import SourceDownError
from replication.adapters.nats_source import NatsSource
from replication.manifest import LtxName
from tests.integration.nats_server import BUCKET, NatsServer, nats_server, program
from tests.integration.s3_server import READY_S, listens
from tests.integration.slapd import free_port

if TYPE_CHECKING:
    from pathlib import Path

LINEAGE = "0123456789abcdef" * 2
NAME = LtxName(level=9, min_txid=1, max_txid=7)
READER = f"""
authorization {{ users: [ {{ user: "CN=127.0.0.1", permissions: {{
  publish: ["$JS.API.DIRECT.GET.OBJ_{BUCKET}-{LINEAGE}"], subscribe: ["_INBOX.>"] }} }} ] }}
"""


async def put(server: NatsServer, data: bytes) -> None:
    place = server.place()
    source = NatsSource(place)
    await source.prepare(LINEAGE)
    await source.close()
    client = await nats.connect(f"tls://{place.address}", tls=place.trust())
    store = await client.jetstream().object_store(place.bucket_of(LINEAGE))
    await store.put(str(NAME), data)
    await client.close()


async def test_a_site_that_may_only_read_can_read_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "nats"
    data = bytes(range(256)) * 2_000
    async with nats_server(folder) as server:
        await put(server, data)
    async with nats_server(folder, READER) as server:
        source = NatsSource(server.place(), request_ms=1_500)
        assert await source.problem(LINEAGE) == ""
        assert b"".join([piece async for piece in source.fetch(NAME, LINEAGE)]) == data
        with pytest.raises(SourceDownError):
            await source.prepare("f" * 32)
        await source.close()


async def test_a_server_without_tls_gets_and_gives_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "nats"
    async with nats_server(folder) as server:
        place = server.place()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(program(), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(tmp_path / "clear")),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(READY_S):
            await listens(port)
        source = NatsSource(NatsServer(folder, port, process).place(), request_ms=2_000)
        with pytest.raises(SourceDownError, match="TLS"):
            await source.prepare(LINEAGE)
        await source.close()
    finally:
        process.kill()
        await process.wait()
    assert place.bucket == BUCKET
