"""litestream is killed with changes that it has not shipped."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.machine.hands import add_people, kill_part, part_of, until_known
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

STILL: Final = "litestream stands still"
NEW: Final = {f"new-{number}": f"04DD00000{number}" for number in range(5)}
"""Users who come to the company meanwhile, and their cards."""


async def _play(stage: Stage) -> None:
    server = stage.lab.primary.server
    async with stage.at_work():
        await stage.visits(1)
        pid = await part_of(server, "litestream")
        stage.began("primary", STILL)
        os.kill(pid, signal.SIGSTOP)
        try:
            await add_people(stage, NEW)
            stage.say("headquarters has new users of whom no file knows", "primary")
        finally:
            await kill_part(stage, server, "litestream")
            stage.ended("primary", STILL)
        await stage.visits(2)
        await until_known(stage, NEW)


SCENARIO: Final = Scenario(
    name="litestream-killed-unshipped",
    story=(
        "litestream stands still while headquarters adds users, and is then killed: nothing of"
        " them was written for the sites. The next litestream makes up for it."
    ),
    promises=(1, 2, 3, 4, 5),
    incident="With MyQ, data that replication skipped once is never replicated later.",
    play=_play,
)
