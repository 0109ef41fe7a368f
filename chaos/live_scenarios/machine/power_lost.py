"""A site's machine loses its power, and its disk everything that was not synced."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Final

from chaos.live.power_cut.recorder import build_recorder
from chaos.live.power_cut.server_cut import ServerCut
from chaos.live_scenarios.machine.hands import crash, start_again
from chaos.live_scenarios.organisation import ADA
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

PLAN: Final = Plan(site_names=("oslo",), own_lab=True)
CUTS: Final = 2
ROUNDS: Final = 4
HELD: Final = 3
"""Documents that lie on the spool when the power goes."""
SEED: Final = 5


async def _play(stage: Stage) -> None:
    site, branch = stage.lab.sites["oslo"], stage.branches["oslo"]
    recorder = await asyncio.to_thread(build_recorder, site.server.folder)
    random = Random(SEED)
    for number in range(CUTS):
        await site.server.stop()
        cut = await asyncio.to_thread(ServerCut, site.server.data_folder, recorder)
        site.server.environ = cut.environ
        await site.start()
        async with stage.at_work():
            await stage.visits(ROUNDS)
            await stage.cut("oslo")
            await stage.visits(ROUNDS)
            names = [f"held-{number}-{each}" for each in range(HELD)]
            for name in names:
                (await branch.send(write_document(name, (PageInk.MONO,)), ADA))
            await crash(stage, site.server)
        await asyncio.to_thread(cut.cut, random)
        stage.say(
            f"{cut.operations} operations, {cut.syncs} syncs: of {cut.files} files"
            f" {cut.changed_files} are not as they were written",
            "oslo",
        )
        site.server.environ = {}
        await start_again(stage, site.server)
        await stage.heal("oslo")
        await stage.settled()
    async with stage.at_work():
        await stage.visits(1)
    stage.check(not stage.troubles("oslo"), "people work on after the power cuts")


SCENARIO: Final = Scenario(
    name="site-loses-power",
    story=(
        "A cut-off branch loses its power twice while people print and copy, and its disk keeps"
        " only what was synced. Whatever anybody was told is there afterwards, and reaches"
        " headquarters."
    ),
    promises=(1, 2, 3, 4, 5),
    incident="CUPS lost jobs on restart that it had accepted (apple/cups#46, #581, #528).",
    play=_play,
    plan=PLAN,
)
