"""Somebody deletes a site's replica: with all it came from, and in an outage by itself."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
GONE: Final = "replica and mirror deleted"
REPLICA_GONE: Final = "replica deleted"


async def _play(stage: Stage) -> None:
    data = stage.lab.sites["oslo"].server.data_folder
    async with stage.at_work():
        await stage.visits(ROUNDS)
        stage.began("oslo", GONE)
        await asyncio.to_thread(_delete, data, mirror=True)
        await stage.until_status("oslo", "a replica again", _follows)
        stage.ended("oslo", GONE)
        stage.say("oslo fetched everything again, by itself", "oslo")
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        await stage.until_link("oslo", "offline")
        stage.began("oslo", REPLICA_GONE)
        await asyncio.to_thread(_delete, data, mirror=False)
        # Only somebody whom the replica knows comes through a round.
        await stage.visits(ROUNDS, sites=("oslo",), at_least_ms=6_000)
        stage.ended("oslo", REPLICA_GONE)
        stage.say("without headquarters it was made again from the mirror", "oslo")
        await stage.heal("oslo")
        await stage.until_up("oslo")
        await stage.visits(1)


def _follows(status: Mapping[str, Any]) -> bool:
    return 0 < int(status["position"]) == int(status["head_txid"])


def _delete(data: Path, *, mirror: bool) -> None:
    if mirror:
        # In one step: the site may write into it while it is being emptied.
        gone = (data / "mirror").rename(data.with_name("mirror deleted"))
        shutil.rmtree(gone, ignore_errors=True)
    for path in data.glob("replica.*"):
        path.unlink()


SCENARIO: Final = Scenario(
    name="replica-deleted",
    story=(
        "Somebody makes room at a branch and deletes the replica while people work: first with all"
        " files it came from, then, while the WAN is cut, by itself. The site makes it again."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "A SafeQ spooler's cache gets into states that only deletion fixes, and to delete it is a"
        " procedure of many careful steps, best with headquarters up and no load."
    ),
    play=_play,
)
