"""The replica of a running site: damaged while the WAN is cut, made anew, stopped in its tracks."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from chaos.live.lab import LabPlan, open_lab
from chaos.live.waiting import until
from tests.integration.site_scene import Scene, one_site, site, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

ALARM_MS = 17_000
"""15 s, and what asking takes."""


@pytest.fixture
def plan(tmp_path: Path) -> LabPlan:
    return one_site(tmp_path)


async def status_of(scene: Scene) -> dict[str, Any]:
    return await scene.branch.site.admin.status()


async def test_a_replica_damaged_while_the_site_was_down_is_healed_with_the_wan_cut(
    plan: LabPlan,
) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        server = scene.branch.site.server
        job = await scene.held()
        replica = server.data_folder / "replica.db"
        await server.stop()
        await lab.cut("oslo")
        replica.write_bytes(os.urandom(64 * 1024))
        for companion in ("replica.db-wal", "replica.db-shm"):
            (server.data_folder / companion).unlink(missing_ok=True)

        await server.start()

        async def is_healed() -> bool:
            return int((await status_of(scene))["replica_rebuilds"]) == 1

        await until(is_healed, "the replica is made anew", within_ms=20_000)
        assert await scene.ada_is_known()
        assert await scene.state_of(job["job_uuid"]) == "held"
        assert len(list(server.data_folder.glob("replica.db.damaged-*"))) >= 1


async def test_a_resync_makes_replica_and_mirror_anew_and_touches_nothing_else(
    plan: LabPlan,
) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        server = scene.branch.site.server
        job = await scene.held()
        entries = (await status_of(scene))["journal_seq"]
        replica = server.data_folder / "replica.db"

        for _ in range(2):
            inode = replica.stat().st_ino
            told = await site("resync", "--config", str(server.config_path))
            assert (told.exit_status, told.errors) == (0, "")

            async def is_done(before: int = inode) -> bool:
                assert await scene.ada_is_known()
                wanted = (await status_of(scene))["resync_wanted"]
                return replica.stat().st_ino != before and not wanted

            await until(is_done, "replica and mirror are anew", within_ms=20_000)

        await server.stop()
        inode = replica.stat().st_ino
        told = await site("resync", "--config", str(server.config_path))
        assert "does not run now" in told.output
        await server.start()

        async def is_done_after_start() -> bool:
            return replica.stat().st_ino != inode

        await until(is_done_after_start, "replica and mirror are anew", within_ms=20_000)
        assert await scene.state_of(job["job_uuid"]) == "held"
        assert (await status_of(scene))["journal_seq"] >= entries
        assert await scene.ada_is_known()


async def test_an_applier_that_stands_still_is_an_alarm_until_it_goes_on(plan: LabPlan) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        server = scene.branch.site.server
        applier = server.part("replication.adapters.applier")
        assert applier is not None

        async def is_alarmed() -> bool:
            return bool((await status_of(scene))["alarms"])

        async def is_well() -> bool:
            return not await is_alarmed() and (await scene.branch.site.admin.health()).status == 200

        await until(is_well, "the site is well", within_ms=20_000)
        os.kill(applier, signal.SIGSTOP)
        try:
            await until(is_alarmed, "the alarm", within_ms=ALARM_MS)
            assert (await scene.branch.site.admin.health()).status == 503
        finally:
            os.kill(applier, signal.SIGCONT)
        await until(is_well, "the alarm goes", within_ms=20_000)
