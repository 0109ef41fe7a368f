"""What the stories of this folder do to processes: kill, start, and let stand still."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from chaos.history import FaultKind, Outcome
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from chaos.live.panel import Panel
    from chaos.live.server import Server
    from chaos.live_scenarios.stage import Stage

WITHIN_MS: Final = 20_000
KILLED: Final = "killed"


async def kill(stage: Stage, server: Server) -> None:
    """SIGKILL to a server alone; what it started has to see to its own end."""
    stage.began(server.folder.name, KILLED, FaultKind.KILLED)
    await server.kill()


async def crash(stage: Stage, server: Server) -> None:
    """SIGKILL to a server and to all that it started, as when the machine dies."""
    stage.began(server.folder.name, KILLED, FaultKind.KILLED)
    await server.crash()


async def start_again(stage: Stage, server: Server) -> None:
    """Start a server that was killed or ended, and wait until it listens."""
    await server.start()
    stage.ended(server.folder.name, KILLED, FaultKind.STARTED)


async def part_of(server: Server, word: str) -> int:
    """The pid of the process of this server whose command line has `word`, once it runs."""

    async def running() -> int | None:
        return server.part(word)

    return await until(running, f"{word} of {server.folder.name}", within_ms=WITHIN_MS)


async def kill_part(stage: Stage, server: Server, word: str) -> None:
    """SIGKILL to a process that a server started, and wait until another one runs."""
    pid = await part_of(server, word)
    node, name = server.folder.name, f"{word} killed"
    stage.began(node, name, FaultKind.KILLED)
    os.kill(pid, signal.SIGKILL)

    async def another() -> bool:
        return server.part(word) not in {None, pid}

    await until(another, f"a new {word} of {node}", within_ms=WITHIN_MS)
    stage.ended(node, name, FaultKind.STARTED)


@asynccontextmanager
async def standing_still(stage: Stage, node: str, pid: int, what: str) -> AsyncIterator[None]:
    """SIGSTOP to a process for as long as this lasts: it is there, connected, and silent."""
    name = f"{what} stands still"
    stage.began(node, name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        stage.ended(node, name)


@asynccontextmanager
async def without_headquarters(stage: Stage, name: str) -> AsyncIterator[None]:
    """Write down that no site reaches headquarters meanwhile: decisions are judged as in a cut."""
    for site in stage.lab.sites:
        stage.began(site, name, FaultKind.WAN_SPOILED)
    try:
        yield
    finally:
        for site in stage.lab.sites:
            stage.ended(site, name, FaultKind.WAN_HEALED)


async def add_people(stage: Stage, card_of: Mapping[str, str]) -> None:
    """Headquarters gets these users, with a card each."""
    api = stage.lab.primary.api
    for name, card_number in card_of.items():
        (await api.add_user(name, name)).expect("add a user")
        (await api.give_card(name, card_number)).expect("give a card")


async def until_known(stage: Stage, card_of: Mapping[str, str]) -> None:
    """Wait until these people can log in at every branch."""
    for site, branch in stage.branches.items():

        async def all_do(panel: Panel = branch.panel) -> bool:
            answers = [await panel.log_in(card_number) for card_number in card_of.values()]
            return all(answer.outcome is Outcome.OK for answer in answers)

        await until(all_do, f"the new people at {site}", within_ms=2 * WITHIN_MS)
        stage.say("everybody new can log in", site)
