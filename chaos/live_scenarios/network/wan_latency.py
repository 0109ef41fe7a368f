"""A WAN as far away as a satellite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaos.live_scenarios.network.toxics import both
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4
BEHIND_MAX: Final = 40
"""Entries: what people do in about two seconds."""


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.poison("oslo", "WAN slow: 300 ms", *both("latency", latency=300, jitter=100))
        await stage.visits(ROUNDS, at_least_ms=4_000)
        await stage.until_status("oslo", "the journal keeps up", _keeps_up)
        stage.check(ok=True, text="the journal of oslo keeps up with a slow WAN")
        await stage.heal("oslo")


def _keeps_up(status: Mapping[str, Any]) -> bool:
    return int(status["journal_seq"]) - int(status["acked_seq"]) <= BEHIND_MAX


SCENARIO = Scenario(
    name="wan-latency",
    story=(
        "Every byte takes 300 ms in each direction, give or take 100: the line of a ship. Work at"
        " the branch must not feel it, and its journal must keep up."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "SafeQ 6: near roaming between servers is only supported below 100 ms, and suffers from "
        "short glitches of TCP."
    ),
    play=_play,
)
