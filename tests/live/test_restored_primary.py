"""The primary comes back from yesterday's backup: fed again, nothing lost, nothing twice."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.money_conserved import money_conserved
from chaos.live.lab import open_lab
from chaos.live.observe import observe, observe_opening
from chaos.live.waiting import until
from tests.integration.disaster_scene import NEW_EPOCHS, WITHIN_MS, Disaster, plan_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]


async def test_a_primary_restored_from_a_backup_is_fed_again_to_the_last_entry(
    tmp_path: Path,
) -> None:
    async with open_lab(plan_in(tmp_path)) as lab:
        scene = Disaster(lab)
        await scene.begin("oslo", "lima")
        opening = await observe_opening(lab.primary.api)
        ada_micros = (await scene.ada())["balance_micros"]
        await scene.copies_soon("oslo", 3)
        await scene.settled()
        backup = tmp_path / "backup"
        made = await scene.primary("backup", "--to", backup)
        assert made.exit_status == 0, made.errors

        await lab.primary.api.adjust("ada", 1_000_000, request_id="lost with the backup")
        await scene.copies_soon("oslo", 4)
        await scene.copies_soon("lima", 2)
        await scene.settled()
        before = {site["site_name"]: site for site in (await scene.ada())["grants"]}
        assert before["lima"]["granted_micros"] > 0
        await lab.cut("lima")
        await lab.primary.server.stop()
        await lab.primary.close()

        told = await scene.killed_and_done("restore", "--from", backup)
        assert "finished" in told or "lima" in told
        await scene.start_primary()

        await until(lambda: only_lima_is_missing(scene), "oslo's word", within_ms=WITHIN_MS)
        grants = {each["site_name"] for each in (await scene.ada())["grants"]}
        assert "lima" not in grants  # granted after the backup: only lima knows
        await scene.spends_all("lima")  # and spends it while it is cut off
        await scene.spends_all("oslo")  # which oslo must not be given meanwhile
        await lab.heal("lima")
        await scene.settled()
        assert (await scene.health())["allowances"]["detail"] == "granted"
        ada = await scene.ada()
        assert ada["balance_micros"] == ada_micros - scene.copied_micros
        assert ada["balance_micros"] >= 0
        assert ada["over_granted_micros"] == 0

        credit = await lab.primary.api.adjust("ada", 2_000_000, request_id="after the restore")
        credit.expect("book a credit")
        await scene.copies_soon("lima", 5)
        await scene.settled()
        state = await observe(lab, opening)
        assert [entry.epoch > NEW_EPOCHS for entry in state.primary.entries][-1:]
        for verdict in (money_conserved(state), exactly_once(state)):
            assert verdict.kept, verdict


async def test_a_data_folder_that_was_put_back_is_noticed_and_no_replica_follows_it(
    tmp_path: Path,
) -> None:
    async with open_lab(plan_in(tmp_path)) as lab:
        scene = Disaster(lab)
        await scene.begin("oslo")
        server, oslo = lab.primary.server, lab.sites["oslo"]
        await server.stop()
        shutil.copytree(server.data_folder, tmp_path / "snapshot")
        await server.start()
        for number in range(20):
            await lab.primary.api.adjust("ada", 1_000, request_id=f"lost {number}")
        await scene.settled()
        position = (await oslo.admin.status())["position"]
        await server.stop()

        shutil.rmtree(server.data_folder)
        shutil.copytree(tmp_path / "snapshot", server.data_folder)
        await server.start()

        async def told() -> bool:
            health = await scene.health()
            return "put back" in health["directory"]["detail"]

        await until(told, "headquarters to hear of it", within_ms=WITHIN_MS)
        status = await oslo.admin.status()
        assert status["position"] >= position
        assert any("set back" in alarm for alarm in status["alarms"])

        await server.stop()
        done = await scene.primary("restore", "--here")
        assert done.exit_status == 0, done.errors
        await server.start()
        await scene.settled()
        assert not (await oslo.admin.status())["alarms"]


async def only_lima_is_missing(scene: Disaster) -> bool:
    said = (await scene.health())["allowances"]["detail"]
    return bool(said.endswith("heard: lima"))
