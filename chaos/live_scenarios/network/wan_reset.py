"""Every connection is reset soon after it was made."""

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
        await stage.poison("oslo", "WAN resets", *both("reset_peer", timeout=300))
        await stage.visits(ROUNDS, at_least_ms=4_000)
        calls = await connections(stage, "oslo") - before
        await stage.heal("oslo")
        await stage.until_up("oslo")
    stage.check(calls >= CALLS_MIN, f"oslo called headquarters anew {calls} times")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-reset",
    story=(
        "A broken appliance answers each connection with a reset after 300 ms, in the middle of "
        "whatever was sent. What was half sent is sent again, and counts once."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "CUPS: a client that lost its connection sent the job again without asking, and it was "
        "printed twice (closed as wontfix)."
    ),
    play=_play,
)
