"""The directory through a real S3 server: litestream writes, the primary vouches, a site reads."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from replication.adapters.delta_maker import delta_between
from replication.adapters.litestream_process import s3_store
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.ltx_mirror import Mirror
from replication.adapters.s3_source import S3Source
from replication.adapters.store_copy import StoreCopy
from replication.adapters.store_first import StoreFirst
from replication.page_delta import read_delta
from replication.testing import ManualClock
from tests.integration.replication_world import LINEAGE, Primary, running_primary, running_site
from tests.integration.s3_server import KEY, S3Server, s3_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from replication.manifest import LtxName


class Headquarters:
    """A primary whose store is in S3, with its copy, and a count of what it was asked for."""

    def __init__(self, folder: Path, primary: Primary, server: S3Server) -> None:
        self.primary = primary
        self.source = S3Source(server.place(), KEY, request_ms=2_000)
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
async def headquarters(folder: Path, server: S3Server) -> AsyncIterator[Headquarters]:
    remote = s3_store(server.place(), KEY, LINEAGE)
    async with running_primary(folder, remote) as primary:
        yield Headquarters(folder, primary, server)


async def test_a_site_reads_from_s3_what_headquarters_vouches_for(tmp_path: Path) -> None:
    async with (
        s3_server(tmp_path / "s3") as server,
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


async def test_the_copy_is_what_lies_in_the_store(tmp_path: Path) -> None:
    async with s3_server(tmp_path / "s3") as server, headquarters(tmp_path, server) as hq:
        await hq.copy.sync()
        hq.primary.commit()
        await hq.copy.sync()
        there = await hq.source.names(LINEAGE)
        assert {name for name, _ in scan_ltx(tmp_path / "store")} >= {
            name for name in there if name.level == 0
        }
        for name, _ in scan_ltx(tmp_path / "store"):
            held = ltx_path(tmp_path / "store", name).read_bytes()
            level, _, rest = str(name).removeprefix("ltx/").partition("/")
            folder = server.bucket / "holdfast" / "test" / LINEAGE / f"{int(level):04x}"
            assert (folder / rest).read_bytes() == held


async def test_the_key_of_the_store_is_in_no_file_of_litestream(tmp_path: Path) -> None:
    async with s3_server(tmp_path / "s3") as server, headquarters(tmp_path, server) as hq:
        await hq.copy.sync()
        text = (tmp_path / "run" / "litestream.json").read_text()
        assert '"bucket": "directory"' in text
        assert KEY.secret_access_key not in text
        assert KEY.access_key_id not in text.replace("holdfast/test", "")
        assert KEY.secret_access_key not in repr(hq.primary.litestream.child.spec.command)


async def test_when_the_store_dies_a_site_goes_on_from_headquarters(tmp_path: Path) -> None:
    async with (
        s3_server(tmp_path / "s3") as server,
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
