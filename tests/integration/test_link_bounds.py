"""A primary at its bounds, with real sites, sockets and certificates: it sheds, and says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState
from primary.service.admission import Bounds
from replication.wait import AskedToWaitError
from tests.integration.link_tools import (
    ADA,
    PATIENCE_S,
    balance_at,
    joined,
    until,
)
from tests.integration.link_world import primary_end, site_end

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(60)


async def test_a_site_beyond_the_bound_waits_and_says_so_while_the_others_go_on(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq", bounds=Bounds(sites_max=1)) as primary:
        oslo = await joined(primary, tmp_path / "oslo")
        lima = await joined(primary, tmp_path / "lima", "lima")
        async with (
            site_end(oslo, tmp_path / "site-oslo") as first,
            asyncio.timeout(PATIENCE_S),
        ):
            await first.watch.wait_for(LinkState.ONLINE)
            async with site_end(lima, tmp_path / "site-lima") as second:
                await until(lambda: "sites_max" in second.client.asked_to_wait)
                assert second.client.refusal == ""
                await primary.credit(ADA, 1_000_000, "request 1")
                await until(lambda: balance_at(first) == primary.directory.balance_micros(ADA))
                await first.watch.wait_for(LinkState.ONLINE)
            load = primary.admission.load(connected=1, handshakes=0, fell_behind=0)
            assert (load.busy, load.asked_to_wait["sites"]) == (("sites",), 1)


async def test_downloads_beyond_the_bound_are_asked_to_wait(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", bounds=Bounds(downloads_max=1)) as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await site.watch.wait_for(LinkState.ONLINE)
            manifest = await site.client.manifest(0)
            name = manifest.entries[0].name
            with primary.admission.file():
                with pytest.raises(AskedToWaitError, match="downloads_max"):
                    _ = [piece async for piece in site.client.fetch(name, manifest.lineage)]
                assert (await site.client.manifest(0)).entries
            assert [piece async for piece in site.client.fetch(name, manifest.lineage)]
