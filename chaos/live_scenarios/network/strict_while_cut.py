"""Two branches that are cut off share one small credit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.history import Outcome
from chaos.live.panel import Copies
from chaos.live.waiting import until
from chaos.live_scenarios.organisation import ALAN, PAGE_MICROS
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario
from chaos.live_scenarios.stage import WITHIN_MS

if TYPE_CHECKING:
    from chaos.live.nodes import SiteNode
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
PAGES: Final = 20
TRIES: Final = 15


async def _play(stage: Stage) -> None:
    branches = [stage.branches[site] for site in ("oslo", "lima")]
    async with stage.at_work():
        await _give(stage, PAGES * PAGE_MICROS)
        await stage.visits(ROUNDS)
        for branch in branches:
            await stage.cut(branch.site.name)
        outcomes = Counter[Outcome]()
        for _ in range(TRIES):
            for branch in branches:
                answer = await branch.copy(ALAN, Copies(pages=1))
                outcomes[answer.outcome] += 1
        done, refused = outcomes[Outcome.OK], outcomes[Outcome.REFUSED]
        stage.say(f"alan tried to copy {2 * TRIES} pages: {done} times yes, {refused} times no")
        for branch in branches:
            await stage.heal(branch.site.name)
    stage.check(outcomes[Outcome.OK] > 0, "at first copies are let through at a cut branch")
    stage.check(outcomes[Outcome.REFUSED] > 0, "at the end of the credit copies are refused")
    stage.check(not outcomes[Outcome.UNKNOWN], "every try got an answer")


async def _give(stage: Stage, amount_micros: int) -> None:
    """Book a credit for alan, and wait until a part of it may be spent at both branches."""
    answer = await stage.lab.primary.api.adjust("alan", amount_micros, request_id="strict")
    answer.expect("book a credit")
    for site in stage.lab.sites.values():

        async def is_there(site: SiteNode = site) -> bool:
            return await site.admin.allowance_micros("alan") > 0

        await until(is_there, f"an allowance of alan at {site.name}", within_ms=WITHIN_MS)


SCENARIO = Scenario(
    name="strict-while-cut",
    story=(
        "Under strict credit somebody who can pay 20 pages tries to copy at two branches while both"
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
