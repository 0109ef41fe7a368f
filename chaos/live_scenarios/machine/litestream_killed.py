"""litestream is killed with changes that it has not shipped."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

from chaos.history import Outcome
from chaos.live.waiting import until
from chaos.live_scenarios.machine.hands import WITHIN_MS, kill_part, part_of
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live.branch import Branch
    from chaos.live_scenarios.stage import Stage

STILL: Final = "litestream stands still"
NEW: Final = {f"new-{number}": f"04DD00000{number}" for number in range(5)}
"""Users who come to the company meanwhile, and their cards."""


async def _play(stage: Stage) -> None:
    server, api = stage.lab.primary.server, stage.lab.primary.api
    async with stage.at_work():
        await stage.visits(1)
        pid = await part_of(server, "litestream")
        stage.began("primary", STILL)
        os.kill(pid, signal.SIGSTOP)
        try:
            for name, card_number in NEW.items():
                (await api.add_user(name, name)).expect("add a user")
                (await api.give_card(name, card_number)).expect("give a card")
            stage.say("headquarters has new users of whom no file knows", "primary")
        finally:
            await kill_part(stage, server, "litestream")
            stage.ended("primary", STILL)
        await stage.visits(2)
        for site, branch in stage.branches.items():
            await _until_all_log_in(branch)
            stage.say("every new user can log in", site)


async def _until_all_log_in(branch: Branch) -> None:
    async def all_do() -> bool:
        answers = [await branch.panel.log_in(card_number) for card_number in NEW.values()]
        return all(answer.outcome is Outcome.OK for answer in answers)

    await until(all_do, f"the new users at {branch.site.name}", within_ms=2 * WITHIN_MS)


SCENARIO: Final = Scenario(
    name="litestream-killed-unshipped",
    story=(
        "litestream stands still while headquarters adds users, and is then killed: nothing of"
        " them was written for the sites. The next litestream makes up for it."
    ),
    promises=(1, 2, 3, 4),
    incident="With MyQ, data that replication skipped once is never replicated later.",
    play=_play,
)
