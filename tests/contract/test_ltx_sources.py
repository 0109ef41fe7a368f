"""What every way to the LTX files promises: over the link, from S3, from NATS; real servers all."""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import aiohttp
import nats
import obstore
import pytest
from aiohttp import web

from replication.adapters.ceiling import BURST_BYTES, Ceiling
from replication.adapters.downloads import Downloads, LinkDownError
from replication.adapters.ltx_fetch import NotThereError, SourceDownError, WrongBytesError
from replication.adapters.ltx_folder import ltx_path
from replication.adapters.ltx_receiver import LtxReceiver
from replication.adapters.nats_source import NatsSource
from replication.adapters.s3_source import S3Source
from replication.manifest import LtxName, ManifestEntry
from replication.testing import ManualClock
from tests.integration.cutting_relay import CuttingRelay, cutting_relay
from tests.integration.nats_server import NatsServer, nats_server
from tests.integration.s3_server import KEY, S3Server, s3_server, writer_of
from tests.unit.replication.adapters.scripted_primary import ScriptedPrimary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from replication.adapters.ltx_fetch import Fetch

LINEAGE, OTHER = "0123456789abcdef" * 2, "f" * 32
NAME = LtxName(level=9, min_txid=1, max_txid=7)
GONE = LtxName(level=0, min_txid=8, max_txid=8)
CUT = (LinkDownError, SourceDownError)
WHOLE_BYTES = 3_000_000
CUT_BYTES = 1_500_000


class World(Protocol):
    """A server, a relay before it, and a client behind that."""

    fetch: Fetch
    relay: CuttingRelay

    async def put(self, name: LtxName, lineage: str, data: bytes) -> None: ...


class OverLink:
    def __init__(self, folder: Path, relay: CuttingRelay, downloads: Downloads) -> None:
        self.folder, self.relay = folder, relay
        self.fetch = downloads.fetch

    async def serve(self, request: web.Request) -> web.StreamResponse:
        lineage, _, name = request.path.removeprefix("/v1/ltx/file/").partition("/")
        return web.FileResponse(self.folder / lineage / name)

    async def put(self, name: LtxName, lineage: str, data: bytes) -> None:
        path = ltx_path(self.folder / lineage, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class FromS3:
    def __init__(self, server: S3Server, relay: CuttingRelay, ceiling: Ceiling) -> None:
        self.server, self.relay = server, relay
        self.writer = writer_of(server)
        source = S3Source(server.place(relay.port), KEY, ceiling=ceiling, request_ms=5_000)
        self.fetch = source.fetch

    async def put(self, name: LtxName, lineage: str, data: bytes) -> None:
        level, _, rest = str(name).removeprefix("ltx/").partition("/")
        path = f"{self.server.place().path(lineage)}/{int(level):04x}/{rest}"
        await obstore.put_async(self.writer, path, data)


class FromNats:
    def __init__(self, server: NatsServer, relay: CuttingRelay, ceiling: Ceiling) -> None:
        self.server, self.relay = server, relay
        self.source = NatsSource(server.place(relay.port), ceiling=ceiling, request_ms=5_000)
        self.fetch = self.source.fetch

    async def put(self, name: LtxName, lineage: str, data: bytes) -> None:
        place = self.server.place()
        maker = NatsSource(place)
        await maker.prepare(lineage)
        await maker.close()
        client = await nats.connect(f"tls://{place.address}", tls=place.trust())
        store = await client.jetstream().object_store(place.bucket_of(lineage))
        await store.put(str(name), data)
        await client.close()


@asynccontextmanager
async def over_link(folder: Path, ceiling: Ceiling) -> AsyncIterator[World]:
    primary = ScriptedPrimary(folder)
    downloads = Downloads(request_ms=5_000, ceiling=ceiling)
    async with primary.listening(), cutting_relay(primary.port) as relay:
        world = OverLink(folder, relay, downloads)
        primary.serve = world.serve
        connector = aiohttp.TCPConnector(ssl=primary.client_tls)
        address = f"https://127.0.0.1:{relay.port}"
        async with aiohttp.ClientSession(address, connector=connector) as session:
            downloads.session = session
            yield world


@asynccontextmanager
async def from_s3(folder: Path, ceiling: Ceiling) -> AsyncIterator[World]:
    async with s3_server(folder / "s3") as server, cutting_relay(server.port) as relay:
        yield FromS3(server, relay, ceiling)


@asynccontextmanager
async def from_nats(folder: Path, ceiling: Ceiling) -> AsyncIterator[World]:
    async with nats_server(folder / "nats") as server, cutting_relay(server.port) as relay:
        world = FromNats(server, relay, ceiling)
        yield world
        await world.source.close()


class Pauses:
    """Counts what would have been slept."""

    def __init__(self) -> None:
        self.s = 0.0

    async def __call__(self, delay: float, /) -> None:
        self.s += delay


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture(params=[over_link, from_s3, from_nats], ids=["link", "s3", "nats"])
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, pauses: Pauses
) -> AsyncIterator[World]:
    ceiling = Ceiling(1_000_000, clock=ManualClock(), pause=pauses)
    async with request.param(tmp_path, ceiling) as world:
        yield world


async def read(fetch: Fetch, name: LtxName = NAME, lineage: str = LINEAGE, at: int = 0) -> bytes:
    return b"".join([piece async for piece in fetch(name, lineage, at)])


def entry_of(data: bytes) -> ManifestEntry:
    return ManifestEntry(name=NAME, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


async def test_a_file_comes_whole_or_from_any_byte_on(world: World) -> None:
    data = os.urandom(WHOLE_BYTES)
    await world.put(NAME, LINEAGE, data)
    assert await read(world.fetch) == data
    for at in (1, 131_072, WHOLE_BYTES - 1):
        assert await read(world.fetch, at=at) == data[at:]


async def test_a_file_that_is_gone_is_not_there(world: World) -> None:
    await world.put(NAME, LINEAGE, b"x")
    with pytest.raises(NotThereError):
        await read(world.fetch, GONE)
    assert await read(world.fetch) == b"x"


async def test_the_same_name_of_another_lineage_is_another_file(world: World) -> None:
    await world.put(NAME, LINEAGE, b"ours")
    await world.put(NAME, OTHER, b"theirs")
    assert await read(world.fetch, lineage=OTHER) == b"theirs"
    assert await read(world.fetch) == b"ours"
    await world.put(GONE, OTHER, b"theirs alone")
    with pytest.raises(NotThereError):
        await read(world.fetch, GONE)


async def test_what_begins_beyond_the_end_are_wrong_bytes(world: World) -> None:
    await world.put(NAME, LINEAGE, b"short")
    with pytest.raises(WrongBytesError):
        await read(world.fetch, at=6)


async def test_other_bytes_than_the_manifest_says_are_not_kept(
    tmp_path: Path, world: World
) -> None:
    data = os.urandom(100_000)
    await world.put(NAME, LINEAGE, data[:-1] + bytes([data[-1] ^ 1]))
    root = tmp_path / LINEAGE / "mirror" / LINEAGE
    with pytest.raises(WrongBytesError):
        await LtxReceiver(world.fetch).receive(root, entry_of(data))
    assert not list(root.rglob("*.*"))


async def test_a_transfer_that_is_cut_in_the_middle_goes_on_there(
    tmp_path: Path, world: World
) -> None:
    data = os.urandom(WHOLE_BYTES)
    await world.put(NAME, LINEAGE, data)
    root = tmp_path / "mirror" / LINEAGE
    receiver = LtxReceiver(world.fetch)
    world.relay.cut_after = CUT_BYTES
    async with asyncio.timeout(30):
        with pytest.raises(CUT):
            await receiver.receive(root, entry_of(data))
    world.relay.cut_after = None
    before = world.relay.given_bytes
    assert CUT_BYTES / 2 < before < WHOLE_BYTES
    await receiver.receive(root, entry_of(data))
    assert ltx_path(root, NAME).read_bytes() == data
    assert receiver.resumed == 1
    assert world.relay.given_bytes - before < 0.8 * WHOLE_BYTES


async def test_a_download_keeps_below_the_ceiling(world: World, pauses: Pauses) -> None:
    await world.put(NAME, LINEAGE, bytes(WHOLE_BYTES))
    before_s = pauses.s
    await read(world.fetch)
    least_s = (WHOLE_BYTES - BURST_BYTES) / 1_000_000
    assert pauses.s - before_s >= least_s


async def test_after_a_restart_a_transfer_from_nats_does_not_read_again_what_is_there(
    tmp_path: Path,
) -> None:
    data, memory = os.urandom(WHOLE_BYTES), tmp_path / "transfer.json"
    root = tmp_path / "mirror" / LINEAGE
    ceiling = Ceiling(None)
    async with nats_server(tmp_path / "nats") as server, cutting_relay(server.port) as relay:
        await FromNats(server, relay, ceiling).put(NAME, LINEAGE, data)

        async def transfer() -> LtxReceiver:
            """In a process that has just begun."""
            source = NatsSource(server.place(relay.port), request_ms=5_000, memory=memory)
            receiver = LtxReceiver(source.fetch)
            receiver.load(root)
            try:
                await receiver.receive(root, entry_of(data))
            finally:
                await source.close()
            return receiver

        relay.cut_after = CUT_BYTES
        async with asyncio.timeout(30):
            with pytest.raises(SourceDownError):
                await transfer()
        relay.cut_after, before = None, relay.given_bytes
        (part,) = root.rglob("*.part")
        missing = WHOLE_BYTES - part.stat().st_size
        receiver = await transfer()
        assert receiver.resumed == 1
        assert ltx_path(root, NAME).read_bytes() == data
        # A batch at most is read twice; certificates and headers are a little, too.
        assert relay.given_bytes - before < missing + 400_000 < WHOLE_BYTES
