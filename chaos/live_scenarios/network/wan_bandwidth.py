"""A WAN that lets 16 kB a second through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network.toxics import both
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.poison("oslo", "WAN narrow: 16 kB/s", *both("bandwidth", rate=16))
        await stage.visits(ROUNDS, at_least_ms=4_000)
        await stage.heal("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-bandwidth",
    story=(
        "Somebody copies a film over the line, and 16 kB a second are left for the branch. Its "
        "journal waits and drains; nobody at the panels does."
    ),
    promises=(1, 2, 3, 4, 7),
    incident="RM CC4: settings that were changed at the centre took ten minutes to apply.",
    play=_play,
)
