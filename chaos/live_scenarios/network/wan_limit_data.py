"""Every connection ends after 12 kB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network.doors import connections
from chaos.live_scenarios.network.toxics import both
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4
CALLS_MIN: Final = 2


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        before = await connections(stage, "oslo")
        await stage.poison("oslo", "WAN ends after 12 kB", *both("limit_data", bytes=12_000))
        await stage.visits(ROUNDS, at_least_ms=5_000)
        calls = await connections(stage, "oslo") - before
        await stage.heal("oslo")
        await stage.until_up("oslo")
    stage.check(calls >= CALLS_MIN, f"oslo called headquarters anew {calls} times")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-limit-data",
    story=(
        "A gateway cuts each connection after 12,000 bytes, wherever in a message that is. The "
        "branch comes back each time where it was, and not at the beginning."
    ),
    promises=(1, 2, 3, 4, 7),
    incident="SafeQ Cloud: the channel of its gateway cannot cross a proxy that filters.",
    play=_play,
)
