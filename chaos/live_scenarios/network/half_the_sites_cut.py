"""Two of four branches are cut off, and the other two go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.waiting import until
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario
from chaos.live_scenarios.stage import WITHIN_MS

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
CUT: Final = ("oslo", "lima")
REST: Final = ("rome", "cairo")
CREDIT_MICROS: Final = 60_000
"""Less than alan's job costs: it stays refused."""


async def _play(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        for site in CUT:
            await stage.cut(site)
        for site in CUT:
            await stage.until_link(site, "offline")
        api = stage.lab.primary.api
        credit = await api.adjust("alan", CREDIT_MICROS, request_id="half-the-sites")
        credit.expect("book a credit")
        stage.say("headquarters books a credit for alan", "primary")
        for site in REST:
            await _sees(stage, site)
        await stage.visits(ROUNDS)
        for site in CUT:
            await stage.heal(site)
        for site in CUT:
            await _sees(stage, site)
    for site in stage.branches:
        stage.check(not stage.troubles(site), f"nobody at {site} was held up")


async def _sees(stage: Stage, site: str) -> None:
    async def look() -> bool:
        balance = await stage.lab.sites[site].admin.balance("alan")
        return balance.effective_micros >= CREDIT_MICROS

    await until(look, f"{site} to see the credit", within_ms=WITHIN_MS)
    stage.say("it sees the credit", site)


SCENARIO = Scenario(
    name="half-the-sites-cut",
    story=(
        "A provider fails, and half of the branches are gone. Headquarters books credits "
        "meanwhile; the other half sees them at once, the cut half when it is back."
    ),
    promises=(1, 2, 3, 4, 7),
    incident="CUPS: jobs were lost when one of two redundant servers was down.",
    play=_play,
    plan=Plan(site_names=(*CUT, *REST)),
)
