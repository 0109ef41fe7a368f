"""The WAN comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
FLAPS: Final = 6
DOWN_MS: Final = 700
UP_MS: Final = 500


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        for _ in range(FLAPS):
            await stage.cut("oslo")
            await stage.visits(1, sites=("oslo",), at_least_ms=DOWN_MS)
            await stage.heal("oslo")
            await stage.visits(1, sites=("oslo",), at_least_ms=UP_MS)
        await stage.until_link("oslo", "online")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


SCENARIO = Scenario(
    name="wan-flapping",
    story=(
        "The line is cut and back six times within seconds, each time about as long as it takes "
        "to notice. Nobody at the branch sees any of it, and in the end nothing is missing or "
        "booked twice."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "SafeQ 6: a spooler probes its server every minute and fails back about a minute later; "
        "short glitches break the group."
    ),
    play=_play,
)
