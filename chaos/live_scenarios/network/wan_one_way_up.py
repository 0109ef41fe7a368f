"""What the branch sends is lost, what headquarters sends arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network.toxics import up
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.poison("oslo", "WAN deaf: nothing goes up", *up("timeout", timeout=0))
        await stage.until_link("oslo", "offline")
        stage.check(ok=True, text="oslo notices that nobody hears it")
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await stage.until_up("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-one-way-up",
    story=(
        "Half of the line is dead: the branch hears headquarters, but headquarters hears nothing."
        " The branch must not take what it hears for a working link."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "Google Cloud Print connector: printers that were offline were shown as idle, and held "
        "jobs as done."
    ),
    play=_play,
)
