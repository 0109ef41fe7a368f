"""A release while the WAN crawls."""

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
        crawl = (*both("latency", latency=1_000, jitter=0), *both("bandwidth", rate=2))
        await stage.poison("oslo", "WAN crawls: 1 s, 2 kB/s", *crawl)
        await stage.visits(2 * ROUNDS, sites=("oslo",))
        await stage.heal("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-slow-release",
    story=(
        "The line takes a second each way and lets 2 kB a second through, and people release all "
        "the while. The answer at the panel comes from the branch itself, as fast as on any day."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "uniFLOW Online: where budgets are enforced, held jobs cannot be released while the cloud"
        " is out of reach."
    ),
    play=_play,
)
