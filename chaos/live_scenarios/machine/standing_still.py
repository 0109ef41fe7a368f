"""A process stands still for 30 seconds: it is there, connected, and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.machine.hands import part_of, standing_still, without_headquarters
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from chaos.live_scenarios.stage import Stage

STILL_MS: Final = 30_000
ROUNDS: Final = 4


async def _primary(stage: Stage) -> None:
    pid = stage.lab.primary.server.child.pid
    async with stage.at_work():
        await stage.visits(ROUNDS)
        async with (
            without_headquarters(stage, "headquarters stands still"),
            standing_still(stage, "primary", pid, "headquarters"),
        ):
            for site in stage.lab.sites:
                await stage.until_link(site, "offline")
            stage.say("every site calls itself offline, and goes on")
            await stage.visits(ROUNDS, at_least_ms=STILL_MS)
        for site in stage.lab.sites:
            await stage.until_up(site)
        await stage.visits(1)
    _nobody_held_up(stage, *stage.lab.sites)


async def _applier(stage: Stage) -> None:
    pid = await part_of(stage.lab.sites["oslo"].server, "applier")
    async with stage.at_work():
        await stage.visits(ROUNDS)
        async with standing_still(stage, "oslo", pid, "oslo's applier"):
            await stage.visits(ROUNDS, at_least_ms=STILL_MS)
            await stage.until_status("oslo", "an alarm", _has_alarm)
            stage.say("oslo says itself that its replica is stalled", "oslo")
        await stage.until_status("oslo", "no alarm any more", _has_none)
        await stage.visits(1)
    _nobody_held_up(stage, "oslo")


async def _litestream(stage: Stage) -> None:
    pid = await part_of(stage.lab.primary.server, "litestream")
    async with stage.at_work():
        await stage.visits(ROUNDS)
        async with standing_still(stage, "primary", pid, "litestream"):
            await stage.visits(ROUNDS, at_least_ms=STILL_MS)
            for site in stage.lab.sites:
                await stage.until_status(site, "an alarm", _has_alarm)
            stage.say("every site says that headquarters is silent, although its link is green")
        for site in stage.lab.sites:
            await stage.until_status(site, "no alarm any more", _has_none)
        await stage.visits(1)
    _nobody_held_up(stage, *stage.lab.sites)


def _has_alarm(status: Mapping[str, Any]) -> bool:
    return bool(status["alarms"])


def _has_none(status: Mapping[str, Any]) -> bool:
    return not status["alarms"]


def _nobody_held_up(stage: Stage, *sites: str) -> None:
    for site in sites:
        stage.check(not stage.troubles(site), f"nobody at {site} was held up")


PRIMARY: Final = Scenario(
    name="primary-stands-still",
    story=(
        "Headquarters' server stops for 30 seconds with every connection open: a paused virtual"
        " machine. Sites notice by themselves, decide by themselves, and are drained afterwards."
    ),
    promises=(1, 2, 3, 4, 5, 7),
    incident=(
        "A stopped service at headquarters left site servers of PaperCut unresponsive (ports 9191"
        " and 9192, troubleshooting page of September 2025)."
    ),
    play=_primary,
)
APPLIER: Final = Scenario(
    name="applier-stands-still",
    story=(
        "The process that writes a site's replica stops for 30 seconds: the link is green and the"
        " directory grows old. The site goes on, and says so."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "MyQ's replication stops at a bad record, and shows only the last record before the error."
    ),
    play=_applier,
)
LITESTREAM: Final = Scenario(
    name="litestream-stands-still",
    story=(
        "litestream stops for 30 seconds at headquarters: nothing new is published, and no"
        " connection is lost. Every site says that it hears nothing new, and goes on."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "SafeQ Cloud shipped an offline cache that its vendor marks as not working as intended:"
        " nobody saw that it held nothing."
    ),
    play=_litestream,
)
