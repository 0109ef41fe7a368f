"""The line is switched off, and everybody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.unplug("oslo")
        await stage.until_link("oslo", "offline")
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await stage.until_link("oslo", "online")
        stage.say("it is online again by itself", "oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-unplugged",
    story=(
        "Somebody pulls the plug of the line: every connection is closed, and every new one is "
        "refused at once. The branch must not hammer on the closed door, and must be back by "
        "itself."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=("PaperCut: a client that lost its server or its licence stopped trying for ever."),
    play=_play,
)
