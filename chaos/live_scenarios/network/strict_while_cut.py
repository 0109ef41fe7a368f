"""Two branches that are cut off share one small credit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.history import Outcome
from chaos.live.panel import Copies
from chaos.live_scenarios.organisation import ALAN
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
TRIES: Final = 15


async def _play(stage: Stage) -> None:
    branches = [stage.branches[site] for site in ("oslo", "lima")]
    async with stage.at_work():
        await stage.visits(ROUNDS)
        for branch in branches:
            await stage.cut(branch.site.name)
        outcomes = Counter[str]()
        for _ in range(TRIES):
            for branch in branches:
                answer = await branch.copy(ALAN, Copies(pages=1))
                outcomes[answer.outcome] += 1
        stage.say(f"alan tried to copy {2 * TRIES} times: {dict(outcomes)}")
        for branch in branches:
            await stage.heal(branch.site.name)
    stage.check(outcomes[Outcome.REFUSED] > 0, "at the end of the credit copies are refused")
    stage.check(not outcomes[Outcome.UNKNOWN], "every try got an answer")


SCENARIO = Scenario(
    name="strict-while-cut",
    story=(
        "Under strict credit somebody with 20 pages left tries to copy at two branches while both"
        " are cut off. Together they give away no more than there is, whatever headquarters "
        "cannot tell them."
    ),
    promises=(1, 2, 3, 6, 7),
    incident=(
        "PaperCut and Kofax: balances were below zero after an outage although limits were on."
    ),
    play=_play,
    plan=Plan(credit="strict"),
)
