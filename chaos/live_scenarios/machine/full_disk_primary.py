"""Headquarters' disk fills up under the store of the directory, then under everything."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from chaos.history import FaultKind, Outcome
from chaos.live.small_disk import SmallDisk, small_disk
from chaos.live.waiting import until
from chaos.live_scenarios.machine.hands import KILLED, WITHIN_MS, add_people, until_known
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chaos.live_scenarios.stage import Stage

MB: Final = 1024 * 1024
PLAN: Final = Plan(primary_settings={"store": {"free_bytes_min": 0}}, own_lab=True)
STORE_BYTES: Final = 24 * MB
DATA_BYTES: Final = 64 * MB
INSUFFICIENT_STORAGE: Final = 507
NEW: Final = {"nina": "04AA55AA55"}
BOOKINGS_MAX: Final = 2_000
FULL: Final = "disk full"
ROUNDS: Final = 3


async def _store(stage: Stage) -> None:
    api, store = stage.lab.primary.api, stage.lab.primary.server.data_folder / "store"
    async with _on(stage, store, STORE_BYTES) as disk, stage.at_work():
        await stage.visits(ROUNDS)
        stage.began("primary", FULL)
        disk.fill()
        await add_people(stage, NEW)
        await stage.visits(ROUNDS, at_least_ms=12_000)
        health = await api.health()
        stage.check(health.outcome is not Outcome.OK, "headquarters' health says that it is ill")
        disk.make_room()
        stage.ended("primary", FULL)
        await until_known(stage, NEW)
        await _until_well(stage)
    for site in stage.lab.sites:
        stage.check(not stage.troubles(site), f"nobody at {site} was held up")


async def _everything(stage: Stage) -> None:
    api, data = stage.lab.primary.api, stage.lab.primary.server.data_folder
    async with _on(stage, data, DATA_BYTES) as disk, stage.at_work():
        await stage.visits(ROUNDS)
        stage.began("primary", FULL)
        disk.fill()
        answer = await api.adjust("alan", 1, request_id="first")
        for number in range(BOOKINGS_MAX):
            if answer.outcome is not Outcome.OK:
                break
            answer = await api.adjust("alan", 1, request_id=f"{number}")
        stage.check(
            answer.status == INSUFFICIENT_STORAGE,
            f"headquarters refuses in words: {answer.sentence}",
        )
        await stage.visits(ROUNDS, at_least_ms=5_000)
        disk.make_room()
        stage.ended("primary", FULL)
        await _until_booked(stage)
        await _until_well(stage)
    for site in stage.lab.sites:
        stage.check(not stage.troubles(site), f"nobody at {site} was held up")


@asynccontextmanager
async def _on(stage: Stage, folder: Path, size_bytes: int) -> AsyncIterator[SmallDisk]:
    """Headquarters with this folder on a small disk; the sites are without it for a moment."""
    primary = stage.lab.primary
    await _stop(stage)
    async with small_disk(folder, size_bytes) as disk:
        await _start(stage)
        yield disk
        await stage.settled()
        await _stop(stage)
    await primary.start()
    stage.ended("primary", KILLED, FaultKind.STARTED)


async def _stop(stage: Stage) -> None:
    stage.began("primary", KILLED, FaultKind.KILLED)
    await stage.lab.primary.server.stop()


async def _start(stage: Stage) -> None:
    await stage.lab.primary.start()
    stage.ended("primary", KILLED, FaultKind.STARTED)
    for site in stage.lab.sites:
        await stage.until_up(site)


async def _until_booked(stage: Stage) -> None:
    async def booked() -> bool:
        answer = await stage.lab.primary.api.adjust("alan", 1, request_id="with room")
        return answer.outcome is Outcome.OK

    await until(booked, "headquarters to book again", within_ms=WITHIN_MS, every_ms=200)


async def _until_well(stage: Stage) -> None:
    async def well() -> bool:
        return (await stage.lab.primary.api.health()).outcome is Outcome.OK

    await until(well, "headquarters to be well", within_ms=2 * WITHIN_MS, every_ms=200)


STORE: Final = Scenario(
    name="primary-store-full",
    story=(
        "The disk with the files that sites fetch is full: headquarters books on and publishes"
        " nothing. When it has room again, the sites get what they missed."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "With MyQ reports stay incomplete until a second stage of replication is loaded, and what"
        " was skipped is never replicated later."
    ),
    play=_store,
    needs=("root",),
    plan=PLAN,
)
EVERYTHING: Final = Scenario(
    name="primary-disk-full",
    story=(
        "Headquarters' whole disk is full, ledger and directory with it. It refuses in words, the"
        " branches go on and keep their journals, and everything arrives when there is room."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "Equitrac: balances went negative after an outage although limits were enforced (article"
        " 3015464): what was printed meanwhile was charged later, or not at all."
    ),
    play=_everything,
    needs=("root",),
    plan=PLAN,
)
