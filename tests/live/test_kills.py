"""kill -9 at random moments of a printing loop: promises 1 to 4 hold after the restart."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.money_conserved import money_conserved
from chaos.checkers.released_once import released_once
from chaos.errors import ChaosError
from chaos.history import FaultKind, Operation, Outcome
from chaos.live.lab import Lab, LabPlan, open_lab
from chaos.live.observe import observe, observe_opening, until_settled
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document
from chaos.scenarios.main_job_steps import people

if TYPE_CHECKING:
    from random import Random

    from chaos.live.branch import Branch, Person
    from chaos.live.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

KILLS = 3
PRINTING_MS = 150
"""Long enough that a kill often finds a document on its way or half printed."""
PAGES = (PageInk.MONO, PageInk.COLOUR)
CREDIT_MICROS = 1_000_000


class PrintingLoop:
    """Ada prints, headquarters books credits, and neither minds a server that is away."""

    def __init__(self, lab: Lab, branch: Branch, ada: Person) -> None:
        self._lab = lab
        self._branch = branch
        self._ada = ada
        self._over = False

    async def go_on(self) -> None:
        number = 0
        while not self._over:
            number += 1
            await self._branch.send(write_document(f"kill-{number}", PAGES), self._ada)
            with suppress(ChaosError):  # oslo is away just now: the history knows
                await self._branch.release_held(self._ada)
            await asyncio.sleep(PRINTING_MS / 1000)  # no faster than the printer

    async def book_credits(self) -> None:
        number = 0
        while not self._over:
            number += 1
            answer = None
            while answer is None or answer.outcome is Outcome.UNKNOWN:
                answer = await self._lab.primary.api.adjust(
                    "ada", CREDIT_MICROS, request_id=f"credit-{number}"
                )
                await asyncio.sleep(0.2)

    def end(self) -> None:
        self._over = True


async def kill_server(lab: Lab, server: Server, chance: Random) -> None:
    lab.history.fault(FaultKind.KILLED, server.folder.name, "server")
    await server.kill()
    await asyncio.sleep(chance.uniform(0, 0.5))
    await server.start()
    lab.history.fault(FaultKind.STARTED, server.folder.name, "server")


async def kill_part(lab: Lab, server: Server, word: str) -> None:
    """Kill a process that the server started; its supervisor must start it again."""

    async def running() -> int | None:
        return server.part(word)

    pid = await until(running, f"{word} of {server.folder.name}", within_ms=10_000)
    lab.history.fault(FaultKind.KILLED, server.folder.name, word)
    os.kill(pid, signal.SIGKILL)

    async def another() -> bool:
        now = server.part(word)
        return now is not None and now != pid

    await until(another, f"a new {word} of {server.folder.name}", within_ms=15_000)


async def kill_one(lab: Lab, victim: str, chance: Random) -> None:
    match victim:
        case "site" | "site while cut off":
            await kill_server(lab, lab.sites["oslo"].server, chance)
        case "primary":
            await kill_server(lab, lab.primary.server, chance)
        case "applier":
            await kill_part(lab, lab.sites["oslo"].server, "applier")
        case _:
            await kill_part(lab, lab.primary.server, "litestream")


@pytest.mark.parametrize(
    "victim", ["site", "site while cut off", "applier", "primary", "litestream"]
)
async def test_kill_9_at_random_moments_loses_nothing_and_prints_nothing_twice(
    victim: str, one_site: LabPlan, chance: Random
) -> None:
    async with open_lab(one_site) as lab:
        await lab.start_primary()
        await lab.start_printer("oslo", printing_ms=PRINTING_MS)
        opening = await observe_opening(lab.primary.api)
        await lab.start_site("oslo")
        branch = await lab.open_branch("oslo")
        ada = people()["ada"]
        loop = PrintingLoop(lab, branch, ada)
        if victim == "site while cut off":
            await lab.cut("oslo")
        async with asyncio.TaskGroup() as work:
            work.create_task(loop.go_on())
            work.create_task(loop.book_credits())
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(0.3, 2.0))
                await kill_one(lab, victim, chance)
            await asyncio.sleep(1)
            loop.end()
        await lab.heal("oslo")
        await until_settled(lab)
        while await branch.release_held(ada):
            await until_settled(lab)
        state = await observe(lab, opening)
    history = lab.history.history()
    for verdict in (
        money_conserved(state),
        exactly_once(state),
        acknowledged_survives(history, state),
        released_once(history, state),
    ):
        assert verdict.kept, verdict
    printed = [event for event in history.events(Operation.PRINT) if event.outcome is Outcome.OK]
    assert len(printed) >= KILLS
