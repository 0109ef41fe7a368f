"""The directory through real S3 and NATS servers: litestream writes, a site reads."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import pytest

from replication.adapters.delta_maker import delta_between
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.ltx_mirror import Mirror
from replication.adapters.store_copy import StoreCopy
from replication.adapters.store_first import StoreFirst
from replication.adapters.store_place import remote_store_of, source_of
from replication.page_delta import read_delta
from replication.testing import ManualClock
from tests.integration.nats_server import nats_server
from tests.integration.replication_world import LINEAGE, Primary, running_primary, running_site
from tests.integration.s3_server import KEY, s3_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from replication.manifest import LtxName
    from tests.integration.nats_server import NatsServer
    from tests.integration.s3_server import S3Server


Server: TypeAlias = "S3Server | NatsServer"


class Headquarters:
    """A primary whose store is elsewhere, with its copy, and a count of what it was asked for."""

    def __init__(self, folder: Path, primary: Primary, server: Server) -> None:
        self.primary = primary
        self.source = source_of(server.place())
        self.copy = StoreCopy(
            litestream=primary.litestream,
            source=self.source,
            lineage=LINEAGE,
            folder=folder / "store",
        )
        self.asked: list[LtxName] = []

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        self.asked.append(name)
        async for piece in self.primary.fetch(name, lineage, offset_bytes):
            yield piece

    def from_store(self) -> StoreFirst:
        """As a site fetches."""
        return StoreFirst(store=self.source.fetch, primary=self.fetch, clock=ManualClock())


@asynccontextmanager
async def headquarters(folder: Path, server: Server) -> AsyncIterator[Headquarters]:
    place = server.place()
    maker = source_of(place)
    await maker.prepare(LINEAGE)
    await maker.close()
    async with running_primary(folder, remote_store_of(place, LINEAGE)) as primary:
        hq = Headquarters(folder, primary, server)
        yield hq
        await hq.source.close()


@pytest.fixture(params=[s3_server, nats_server], ids=["s3", "nats"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    async with request.param(tmp_path / "store server") as server:
        yield server


async def test_a_site_reads_from_the_store_what_headquarters_vouches_for(
    tmp_path: Path, server: Server
) -> None:
    async with (
        headquarters(tmp_path, server) as hq,
        running_site(tmp_path, hq.primary) as site,
    ):
        source = hq.from_store()
        site.mirror = Mirror(site.mirror_folder, source.fetch)
        await hq.copy.sync()
        await site.catch_up(hq.primary.manifest())
        txid = 0
        for _ in range(3):
            hq.primary.commit()
            txid = await hq.copy.sync()
            position = await site.catch_up(hq.primary.manifest())
            assert position.txid == txid
        _, image = await hq.primary.image()
        assert await site.image() == image
        assert hq.asked == []
        assert source.from_store > 0
        # What page deltas are made from is here as well.
        delta = delta_between(tmp_path / "store", txid - 1, txid)
        assert read_delta(delta).step.txid == txid


async def test_the_copy_is_what_lies_in_the_store(tmp_path: Path, server: Server) -> None:
    async with headquarters(tmp_path, server) as hq:
        await hq.copy.sync()
        hq.primary.commit()
        await hq.copy.sync()
        held = {name: path_bytes(tmp_path, name) for name, _ in scan_ltx(tmp_path / "store")}
        there = await hq.source.names(LINEAGE)
        assert {name for name in there if name.level == 0} <= set(held)
        for name, data in held.items():
            pieces = [piece async for piece in hq.source.fetch(name, LINEAGE)]
            assert b"".join(pieces) == data


def path_bytes(folder: Path, name: LtxName) -> bytes:
    return ltx_path(folder / "store", name).read_bytes()


async def test_the_key_of_the_store_is_in_no_file_of_litestream(tmp_path: Path) -> None:
    async with s3_server(tmp_path / "s3") as server, headquarters(tmp_path, server) as hq:
        await hq.copy.sync()
        text = (tmp_path / "run" / "litestream.json").read_text()
        assert '"bucket": "directory"' in text
        assert KEY.secret_access_key not in text
        assert KEY.access_key_id not in text.replace("holdfast/test", "")
        assert KEY.secret_access_key not in repr(hq.primary.litestream.child.spec.command)


async def test_when_the_store_dies_a_site_goes_on_from_headquarters(
    tmp_path: Path, server: Server
) -> None:
    async with (
        headquarters(tmp_path, server) as hq,
        running_site(tmp_path, hq.primary) as site,
    ):
        source = hq.from_store()
        site.mirror = Mirror(site.mirror_folder, source.fetch)
        await hq.copy.sync()
        hq.primary.commit()
        txid = await hq.copy.sync()
        manifest = hq.primary.manifest()
        await server.stop()
        position = await site.catch_up(manifest)
        assert position.txid == txid
        assert hq.asked
        assert source.from_store == 0
