"""litestream, and what is deleted under it; and a site that was away for longer than all of it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

from chaos.live.waiting import until
from primary.service.keep_store import KeepStore
from replication.adapters.litestream_process import LitestreamOptions
from replication.adapters.ltx_folder import scan_ltx
from replication.retention import Bounds, Needs
from tests.integration.replication_world import Primary, Site, running, running_site

if TYPE_CHECKING:
    from pathlib import Path

QUICK = LitestreamOptions(
    l0_retention="1h",
    snapshot_interval="2s",
    snapshot_retention="1h",
    levels=("1s", "2s", "3s"),
)
WITHIN_MS = 40_000


async def test_litestream_goes_on_over_a_store_that_is_lightened_and_a_late_site_comes_back(
    tmp_path: Path,
) -> None:
    primary = Primary(tmp_path, QUICK)
    store = tmp_path / "store"
    bounds = Bounds(keep_bytes_max=0, free_bytes_min=0)
    keep = KeepStore(store, bounds, lambda: Needs(approved_txid=0, connected_txid=0))
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            await primary.litestream.sync()
            async with running_site(tmp_path, primary) as late:
                left_at = await late.catch_up(primary.manifest())
                deleted = 0

                async def has_forgotten() -> bool:
                    nonlocal deleted
                    primary.commit("UPDATE users SET note = hex(randomblob(10)) WHERE id < 50")
                    await primary.litestream.sync()
                    await keep.look()
                    deleted += keep.last.deleted
                    oldest = [name for name, _ in scan_ltx(store) if not name.is_snapshot]
                    return deleted > 20 and all(n.min_txid > left_at.txid + 1 for n in oldest)

                await until(
                    has_forgotten, "the way of the late site to be deleted", within_ms=WITHIN_MS
                )
                txid, image = await primary.image()
                assert (await late.catch_up(primary.manifest())).txid == txid
                assert await late.image() == image
            (tmp_path / "fresh").mkdir()
            async with running_site(tmp_path / "fresh", primary) as fresh:
                await assert_same(primary, fresh)
            assert primary.litestream.child.restarts == 0


async def assert_same(primary: Primary, site: Site) -> None:
    async with asyncio.timeout(20):
        txid, image = await primary.image()
        assert (await site.catch_up(primary.manifest())).txid == txid
        assert await site.image() == image
