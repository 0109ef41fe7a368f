"""A site server is restarted, and dies, while its WAN is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.history import FaultKind
from chaos.live_scenarios.machine.hands import KILLED, crash, start_again
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4


async def _play(stage: Stage) -> None:
    server = stage.lab.sites["oslo"].server
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        await stage.until_link("oslo", "offline")
        await stage.visits(1)
        stage.began("oslo", KILLED, FaultKind.KILLED)
        await server.stop()
        await start_again(stage, server)
        await stage.visits(ROUNDS)
        stage.say("a restart in the outage: people go on at once", "oslo")
        await crash(stage, server)
        await start_again(stage, server)
        await stage.visits(ROUNDS)
        stage.say("a crash in the outage: people go on at once", "oslo")
        await stage.heal("oslo")
        await stage.until_up("oslo")
        await stage.visits(1)


SCENARIO: Final = Scenario(
    name="site-restarted-while-cut",
    story=(
        "A branch is cut off. Its server is restarted by a well-meaning colleague, and crashes"
        " later. Each time people go on with what the site knows, and everything arrives at the"
        " end."
    ),
    promises=(1, 2, 3, 4, 5, 7),
    incident=(
        "CUPS lost jobs on restart, or when one of two redundant servers was down (apple/cups#46,"
        " #581, #528)."
    ),
    play=_play,
)
