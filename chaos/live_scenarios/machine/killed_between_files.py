"""Headquarters is killed after the ledger has an entry and before the directory has its effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.history import FaultKind
from chaos.live.panel import Copies
from chaos.live.waiting import until
from chaos.live.write_lock import write_lock
from chaos.live_scenarios.machine.hands import KILLED, WITHIN_MS, kill, without_headquarters
from chaos.live_scenarios.organisation import GRACE
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

KILLS: Final = 3
COPIES: Final = Copies(pages=3)


async def _play(stage: Stage) -> None:
    primary = stage.lab.primary
    for number in range(KILLS):
        await stage.settled()
        with write_lock(primary.server.data_folder / "directory.db"):
            (await stage.branches["oslo"].copy(GRACE, COPIES)).expect("copy")
            beyond = await until(
                lambda: _beyond(stage),
                "the ledger to be ahead of the directory",
                within_ms=WITHIN_MS,
                every_ms=20,
            )
            async with without_headquarters(stage, "headquarters is dead"):
                await kill(stage, primary.server)
                stage.say(f"{beyond} entries are in the ledger and not in the balances", "primary")
        await primary.start()
        stage.ended("primary", KILLED, FaultKind.STARTED)
        stage.check(
            await _beyond(stage) == 0, f"after kill {number + 1} nothing is left between the files"
        )
    async with stage.at_work():
        await stage.visits(1)


async def _beyond(stage: Stage) -> int:
    """How many of oslo's entries the ledger has and the watermark has not."""
    api = stage.lab.primary.api
    marks = {mark.key: mark.seq for mark in await api.watermarks()}
    entries = await api.entries("oslo")
    return sum(entry.seq > marks.get((entry.site_name, entry.epoch), 0) for entry in entries)


SCENARIO: Final = Scenario(
    name="primary-killed-between-files",
    story=(
        "Headquarters has written what a branch reported into the ledger, and is killed before the"
        " balances follow. Another program holds the directory's write lock at that moment, so that"
        " it happens each of three times."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "Users were charged twice for one job, once per spool file, until a release of PaperCut"
        " (17.0.6) that looks for it."
    ),
    play=_play,
)
