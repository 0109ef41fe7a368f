"""A middle box that swallows everything, and then hangs up."""

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
        await stage.poison("oslo", "WAN silent, then closed", *both("timeout", timeout=1_200))
        await stage.visits(ROUNDS, at_least_ms=4_000)
        await stage.heal("oslo")
        await stage.until_up("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-timeout",
    story=(
        "A firewall drops what passes, and closes each connection after 1.2 seconds of silence, "
        "again and again."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "SafeQ 6 and Equitrac: short glitches break the link, failback takes about a minute, and "
        "the device may be locked meanwhile."
    ),
    play=_play,
)
