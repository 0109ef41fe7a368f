"""Headquarters restarts, and the branch is told late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network.toxics import both
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    server = stage.lab.primary.server
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.poison("oslo", "WAN closes late", *both("slow_close", delay=3_000))
        async with stage.fault("primary", "restarts"):
            await server.stop()
            await stage.visits(2)
            await stage.lab.primary.start()
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await stage.until_up("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-slow-close",
    story=(
        "Headquarters is restarted, but a proxy in between keeps the dead connections open for "
        "three seconds. The branch must notice by itself that nobody is there, and find the new "
        "server."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "PaperCut: the troubleshooting page of its site servers is about blocked ports, stopped "
        "services and pages that do not answer."
    ),
    play=_play,
)
