"""The WAN is cut again while the backlog drains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.panel import Copies
from chaos.live_scenarios.network.toxics import up
from chaos.live_scenarios.organisation import GRACE
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 4
COPIES: Final = 60
CUTS: Final = 2
UNDER_WAY_MS: Final = 800
"""After so long a batch is on its way over the narrow line, and far from all of it arrived."""


async def _play(stage: Stage) -> None:
    oslo = stage.branches["oslo"]
    async with stage.at_work("oslo"):
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        for _ in range(COPIES):
            (await oslo.copy(GRACE, Copies(pages=1))).expect("copy")
        await stage.visits(1)
        for number in range(1, CUTS + 1):
            await stage.until_link("oslo", "offline")
            await stage.heal("oslo")
            await stage.poison("oslo", "WAN narrow: 2 kB/s up", *up("bandwidth", rate=2))
            await stage.until_up("oslo")
            await stage.visits(1, at_least_ms=UNDER_WAY_MS)
            await stage.cut("oslo")
            waiting = await stage.lab.sites["oslo"].admin.unmerged_entries()
            stage.say(f"cut in the middle of a batch, time {number}: {waiting} wait", "oslo")
            stage.check(waiting > 0, f"not all of it had arrived at cut {number}")
        await stage.heal("oslo")
        await stage.until_up("oslo")
    await stage.settled()
    waiting = await stage.lab.sites["oslo"].admin.unmerged_entries()
    stage.check(waiting == 0, "in the end all of it arrived")


SCENARIO = Scenario(
    name="wan-cut-mid-batch",
    story=(
        "A branch comes back with a backlog. The line is narrow, and is cut again in the middle of"
        " a batch, twice. What arrived counts once; what did not is sent again."
    ),
    promises=(1, 2, 3, 4, 7),
    incident="MyQ: data that was skipped once was never replicated later.",
    play=_play,
)
