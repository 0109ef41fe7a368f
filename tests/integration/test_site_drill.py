"""A fire drill at a running site: ordered from headquarters, over a restart, with its report."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from chaos.live.lab import Lab, open_lab
from chaos.live.processes import Finished, run
from chaos.live.waiting import until
from tests.integration.site_scene import ADA, COMMAND_MS, one_site, site, start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.site_scene import Scene

pytestmark = [pytest.mark.live, pytest.mark.timeout(150)]

POLICY = "/policies/site/oslo"


async def headquarters(lab: Lab, *arguments: str) -> Finished:
    config = str(lab.primary.server.config_path)
    return await run(
        (sys.executable, "-m", "primary", *arguments, "--config", config), within_ms=COMMAND_MS
    )


async def until_state(scene: Scene, wanted: str) -> None:
    async def reached() -> bool:
        return bool((await scene.branch.site.admin.status())["link_state"] == wanted)

    await until(reached, f"the link to be {wanted}", within_ms=30_000)


async def at_headquarters(lab: Lab) -> dict[str, Any]:
    answer = await lab.primary.api.get("/sites")
    (found,) = (each for each in answer.body["items"] if each["site_name"] == "oslo")
    return dict(found)


async def test_a_drill_of_headquarters_is_held_over_a_restart_and_reported(tmp_path: Path) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        server = scene.branch.site.server
        config = str(server.config_path)
        await until_state(scene, "online")
        job = await scene.held()
        rules = {"credit": "offline_ceiling", "offline_ceiling_micros": 0}
        saved = (await lab.primary.api.put(POLICY, {"rules": rules})).expect("a policy")

        async def applied() -> bool:
            told = await at_headquarters(lab)
            return bool(told["policy_version_applied"] == saved["version"])

        await until(applied, "the policy at the site", within_ms=20_000)
        assert (await scene.branch.site.admin.status())["policy_version"] == saved["version"]

        begun = await headquarters(lab, "drill", "--site", "oslo", "start")
        assert (begun.exit_status, begun.errors) == (0, "")
        await until_state(scene, "drill")
        before = await scene.branch.site.admin.status()
        await server.crash()
        await server.start()
        after = await scene.branch.site.admin.status()
        assert after["link_state"] == "drill"
        assert after["offline_since_ms"] == before["offline_since_ms"]

        session = await scene.branch.panel.session(ADA.card_number)
        refused = await scene.branch.panel.release(session, job["job_uuid"])
        assert refused.reason == "ceiling_reached"

        async def drained() -> bool:
            told = await scene.branch.site.admin.status()
            return bool(told["journal_seq"] == told["watermark_seq"])

        await until(drained, "the journal to go up during the drill", within_ms=20_000)
        assert (await at_headquarters(lab))["link_state"] == "drill"

        stopped = await site("drill", "stop", "--config", config)
        assert (stopped.exit_status, stopped.output) == (0, "The link is offline, now.\n")
        await until_state(scene, "online")
        told = await site("drill", "report", "--config", config)
        lines = told.output.splitlines()
        assert lines[0].startswith("Drill 1 began ")
        assert "Refused because of the drill: 1." in lines
        assert any(line.startswith("  ceiling_reached: 1 time, 1 person.") for line in lines)
        (await scene.branch.release(ADA, job["job_uuid"])).expect("a release after the drill")


async def test_a_forced_cut_is_no_place_for_a_drill(tmp_path: Path) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        config = str(scene.branch.site.server.config_path)
        forced = await site("force-offline", "on", "--config", config)
        assert (forced.exit_status, forced.output) == (0, "The link is forced_offline, now.\n")
        refused = await site("drill", "start", "--config", config)
        assert (refused.exit_status, refused.output) == (1, "")
        assert "holdfast-site force-offline off" in refused.errors
        freed = await headquarters(lab, "force-offline", "--site", "oslo", "off")
        assert freed.exit_status == 0
        await until_state(scene, "online")
