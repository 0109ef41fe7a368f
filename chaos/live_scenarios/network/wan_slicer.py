"""A WAN that passes crumbs."""

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
        crumbs = both("slicer", average_size=40, size_variation=20, delay=2_000)
        await stage.poison("oslo", "WAN in crumbs", *crumbs)
        await stage.visits(ROUNDS, at_least_ms=4_000)
        await stage.heal("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-slicer",
    story=(
        "Every message arrives in pieces of about 40 bytes, 2 ms apart: no read ever brings a "
        "whole one. Nothing may be taken for complete before it is."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "MyQ: replication stopped at a record that it could not read, and showed no more than the"
        " last good one."
    ),
    play=_play,
)
