"""Folders and files that vanish under running processes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from chaos.history import Outcome
from chaos.live.desk import desk_of
from chaos.live.lab import open_lab
from chaos.live.waiting import until
from replication.adapters.ltx_folder import scan_ltx
from replication.plan import GapError, plan

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.lab import Lab, LabPlan

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

ADA = "04A1B2C3D4"
WITHIN_MS = 40_000


def leads_to(folder: Path) -> int:
    """The TXID to which the files of that folder lead from nothing; 0: there is a hole."""
    try:
        names = plan(None, {name: 1 for name, _ in scan_ltx(folder)})
    except GapError:
        return 0
    return names[-1].max_txid if names else 0


def mirror_of(data: Path) -> Path:
    """The one lineage of a site's mirror; a folder that is not there where it vanished."""
    return next((data / "mirror").glob("*"), data / "mirror" / "none")


async def credit(lab: Lab, number: int) -> None:
    answer = await lab.primary.api.adjust("ada", 1_000, request_id=f"credit {number}")
    assert answer.outcome is Outcome.OK, answer.reason


async def test_a_site_makes_its_replica_and_its_mirror_anew_and_refuses_without_its_own_file(
    one_site: LabPlan,
) -> None:
    async with open_lab(one_site) as lab:
        await lab.start_primary()
        site = await lab.start_site("oslo")
        desk = await desk_of(lab, site)
        data = site.server.data_folder

        async def works() -> bool:
            return (await desk.panel.log_in(ADA)).outcome is Outcome.OK

        async def mirror_is_whole() -> bool:
            return leads_to(mirror_of(data)) >= int((await desk.status())["position"]) > 0

        await until(works, "the site to work", within_ms=WITHIN_MS)
        shutil.rmtree(data / "mirror")
        await credit(lab, 1)
        await until(mirror_is_whole, "the mirror to be fetched anew", within_ms=WITHIN_MS)

        await lab.cut("oslo")
        for file in data.glob("replica.*"):
            file.unlink()
        assert not await works()
        await until(works, "the replica to come back from the mirror", within_ms=WITHIN_MS)

        await lab.heal("oslo")
        shutil.rmtree(data)
        answer = await desk.copy(ADA)
        assert answer.outcome is Outcome.REFUSED
        health = await site.admin.health()
        assert health.status == 503
        assert "vanished" in health.body["store"]["detail"]


async def test_a_store_that_vanished_gets_a_snapshot_again_and_sites_never_notice(
    one_site: LabPlan,
) -> None:
    async with open_lab(one_site) as lab:
        await lab.start_primary()
        site = await lab.start_site("oslo")
        desk = await desk_of(lab, site)
        store = lab.primary.server.data_folder / "store"
        shutil.rmtree(store)
        await credit(lab, 1)

        async def is_healed() -> bool:
            return leads_to(store) > 0

        async def has_credit() -> bool:
            return (await site.admin.balance("ada")).effective_micros % 1_000_000 == 2_000

        assert leads_to(store) == 0
        await until(is_healed, "a new snapshot in the store", within_ms=WITHIN_MS)
        await credit(lab, 2)
        await until(has_credit, "the site to have both credits", within_ms=WITHIN_MS)

        async def is_well() -> bool:
            return (await lab.primary.api.health()).status == 200

        await until(is_well, "headquarters to be well", within_ms=WITHIN_MS)
        fresh = await lab.start_site("lima")
        txid = await lab.primary.api.txid()
        await until(lambda: fresh.has_directory(txid), "a new site", within_ms=WITHIN_MS)
        assert (await desk.status())["alarms"] == []
