"""The WAN of one branch is cut while people work there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        await stage.until_link("oslo", "offline")
        stage.say("it calls itself offline, and goes on", "oslo")
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await stage.until_up("oslo")
        await stage.visits(1)
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-cut",
    story=(
        "A router dies: every byte between one branch and headquarters is swallowed, and no "
        "connection is told. People go on printing, copying and being refused."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "SafeQ Cloud: an offline cache was shipped whose own manual says that it does not work as"
        " intended."
    ),
    play=_play,
)
