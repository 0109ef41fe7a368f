"""A long backlog comes home over a narrow line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaos.live.panel import Copies
from chaos.live_scenarios.network.toxics import both
from chaos.live_scenarios.organisation import GRACE
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
COPIES: Final = 150
LEFT_MAX: Final = 40
"""People go on, so there is always something on its way."""


async def _play(stage: Stage) -> None:
    desk = stage.branches["oslo"]
    async with stage.at_work("lima", "oslo"):
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        for _ in range(COPIES):
            (await desk.copy(GRACE, Copies(pages=1))).expect("copy")
        waiting = await stage.lab.sites["oslo"].admin.unmerged_entries()
        stage.say(f"{waiting} entries wait", "oslo")
        stage.check(waiting >= COPIES, f"at least {COPIES} entries wait")
        await stage.heal("oslo")
        await stage.poison("oslo", "WAN narrow: 20 kB/s", *both("bandwidth", rate=20))
        await stage.until_status("oslo", "the backlog is gone", _is_drained)
        stage.say("the backlog is gone", "oslo")
        await stage.heal("oslo")
    stage.check(not stage.troubles("oslo"), "nobody at oslo was held up")


def _is_drained(status: Mapping[str, Any]) -> bool:
    return int(status["journal_seq"]) - int(status["watermark_seq"]) <= LEFT_MAX


SCENARIO = Scenario(
    name="backlog-heals",
    story=(
        "A branch was away for long and comes back with hundreds of entries, over 20 kB a second."
        " People go on while it drains, and the books are right to the micro when it is done."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "MyQ: reports were incomplete until a second stage of replication had run, and nothing "
        "said so."
    ),
    play=_play,
)
