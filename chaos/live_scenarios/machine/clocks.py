"""Clocks that are wrong by 26 hours, and one that jumps while people work."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from chaos.live.fake_clock import FakeClock
from chaos.live.wrong_clock import wrong_clock
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chaos.live.lab import Lab
    from chaos.live_scenarios.stage import Stage

HOURS: Final = 26
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
ROUNDS: Final = 3
KEEP_JOBS: Final = {"times": {"hold_ms": 7 * 24 * HOUR_MS}}
"""A clock that jumps ahead must not end the documents that the story releases."""


@asynccontextmanager
async def _site_ahead(lab: Lab) -> AsyncIterator[None]:
    lab.site_environ["oslo"] = wrong_clock(HOURS)
    yield


@asynccontextmanager
async def _primary_behind(lab: Lab) -> AsyncIterator[None]:
    lab.primary.server.environ = wrong_clock(-HOURS)
    yield


@asynccontextmanager
async def _movable(lab: Lab) -> AsyncIterator[None]:
    lab.site_environ["oslo"] = FakeClock(lab.plan.folder).environ
    yield


async def _ahead(stage: Stage) -> None:
    await _work_through_a_cut(stage)
    await _check_offset(stage, "oslo", HOURS)


async def _behind(stage: Stage) -> None:
    await _work_through_a_cut(stage)
    for site in stage.lab.sites:
        await _check_offset(stage, site, HOURS)


async def _jumps(stage: Stage) -> None:
    clock = FakeClock(stage.lab.plan.folder)
    async with stage.at_work():
        await stage.visits(ROUNDS)
        for hours in (HOURS, -HOURS, 0):
            name = f"clock {hours:+d} h"
            stage.began("oslo", name)
            clock.set_hours(hours)
            await stage.visits(ROUNDS, at_least_ms=3_000)
            stage.ended("oslo", name)
        await stage.cut("oslo")
        await stage.until_link("oslo", "offline")
        clock.set_hours(HOURS)
        stage.say("the clock jumps while nobody can say what time it is", "oslo")
        await stage.visits(ROUNDS, at_least_ms=3_000)
        clock.set_hours(0)
        await stage.heal("oslo")
        await stage.until_up("oslo")
        await stage.visits(1)


async def _work_through_a_cut(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        await stage.until_link("oslo", "offline")
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await stage.until_up("oslo")
        await stage.visits(1)
    for site in stage.lab.sites:
        stage.check(not stage.troubles(site), f"nobody at {site} was held up")


async def _check_offset(stage: Stage, site: str, hours: int) -> None:
    status = await stage.lab.sites[site].admin.status()
    off_ms = status["clock_offset_ms"]
    stage.check(
        off_ms is not None and abs(int(off_ms) - hours * HOUR_MS) < MINUTE_MS,
        f"{site} knows that its clock is {hours} hours off headquarters'",
    )


INCIDENT: Final = (
    "SafeQ's roaming needs all servers in one time zone; replication elsewhere stops where clocks"
    " are more than 60 seconds apart (Bravura)."
)
AHEAD: Final = Scenario(
    name="site-clock-26-h-ahead",
    story=(
        "The clock of one branch is 26 hours ahead. People work there, through an outage too, and"
        " the money is right."
    ),
    promises=(1, 2, 3, 4, 5, 7),
    incident=INCIDENT,
    play=_ahead,
    plan=Plan(equip=_site_ahead),
)
BEHIND: Final = Scenario(
    name="primary-clock-26-h-behind",
    story=(
        "Headquarters' clock is 26 hours behind those of its branches. Certificates, sessions and"
        " replicas are good nevertheless, and every site knows how far its clock is off."
    ),
    promises=(1, 2, 3, 4, 5, 7),
    incident=INCIDENT,
    play=_behind,
    plan=Plan(equip=_primary_behind),
)
JUMPS: Final = Scenario(
    name="site-clock-jumps",
    story=(
        "A time server goes mad: the clock of a branch jumps 26 hours ahead, 52 back, and to the"
        " right time again, with people at its panels; and once more while the WAN is cut."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=INCIDENT,
    play=_jumps,
    plan=Plan(equip=_movable, site_settings=KEEP_JOBS),
)
