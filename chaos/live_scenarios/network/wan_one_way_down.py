"""What headquarters sends is lost, what the branch sends arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network.toxics import down
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.poison("oslo", "WAN mute: nothing comes down", *down("timeout", timeout=0))
        await stage.until_link("oslo", "offline")
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await stage.until_up("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-one-way-down",
    story=(
        "Headquarters gets the entries of the branch and books them, but no acknowledgement comes"
        " back. The branch sends them again after healing, and they count once."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "PaperCut: users were charged twice for one job (a duplicate in the log); fixed in a "
        "later release."
    ),
    play=_play,
)
