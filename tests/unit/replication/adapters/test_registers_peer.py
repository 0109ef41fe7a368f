"""Two nodes exchange their registers over a connection that comes and goes."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.registers_peer import RegistersPeer
from replication.messages import Registers as RegistersMessage
from replication.messages import RegistersHave
from replication.ports import Micros, WallMs
from replication.registers import HeldJob

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

EXTENSION = crsqlite_path(os.environ)


def job(number: int) -> HeldJob:
    return HeldJob(
        job_uuid=f"job {number}",
        site_name="oslo",
        user_name="ada",
        queue_name="secure",
        job_name="report",
        pages=1,
        cost_micros=Micros(1),
        state="held",
        updated_wall_ms=WallMs(1),
    )


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Registers, Registers]]:
    here = Registers(tmp_path / "here.db", EXTENSION)
    there = Registers(tmp_path / "there.db", EXTENSION)
    yield here, there
    here.close()
    there.close()


class End:
    """A peer and the messages on their way to it."""

    def __init__(self, registers: Registers) -> None:
        self.inbox: asyncio.Queue[RegistersMessage | RegistersHave] = asyncio.Queue()
        self.other: End | None = None
        self.sent: list[RegistersMessage | RegistersHave] = []
        self.peer = RegistersPeer(registers, self._send)

    async def _send(self, message: RegistersMessage | RegistersHave) -> bool:
        if self.other is None:
            return False
        self.sent.append(message)
        self.other.inbox.put_nowait(message)
        return True

    async def live(self) -> None:
        """What a server does with its peer, until cancelled."""
        await self.peer.introduce()
        async with asyncio.TaskGroup() as group:
            while True:
                message = await self.inbox.get()
                if isinstance(message, RegistersHave):
                    group.create_task(self.peer.follow(message))
                else:
                    await self.peer.take(message)


@asynccontextmanager
async def connected(here: Registers, there: Registers) -> AsyncIterator[tuple[End, End]]:
    one, two = End(here), End(there)
    one.other, two.other = two, one
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [group.create_task(end.live()) for end in (one, two)]
        yield one, two
        for task in tasks:
            task.cancel()


async def equal(here: Registers, there: Registers, count: int) -> None:
    """Return once both have the same `count` jobs."""
    for node in (here, there):
        while len(await node.held_jobs()) != count:
            await node.wait_beyond(node.versions)
    assert await here.held_jobs() == await there.held_jobs()


async def test_what_was_written_before_and_during_a_connection_reaches_the_other_end(
    nodes: tuple[Registers, Registers],
) -> None:
    here, there = nodes
    await here.put_held_job(job(1))
    await there.put_held_job(job(2))
    async with connected(here, there):
        await equal(here, there, 2)
        await here.put_held_job(job(3))
        await there.put_held_job(job(4))
        await equal(here, there, 4)


async def test_a_new_connection_sends_only_what_is_missing(
    nodes: tuple[Registers, Registers],
) -> None:
    here, there = nodes
    await here.put_held_jobs([job(number) for number in range(10)])
    async with connected(here, there):
        await equal(here, there, 10)
    await here.put_held_job(job(10))
    async with connected(here, there) as (one, two):
        await equal(here, there, 11)
        changes = [len(sent.changes) for sent in one.sent if isinstance(sent, RegistersMessage)]
        assert changes == [8]
        assert not [sent for sent in two.sent if isinstance(sent, RegistersMessage)]


async def test_following_ends_when_the_link_has_gone(nodes: tuple[Registers, Registers]) -> None:
    here, _ = nodes
    await here.put_held_job(job(1))
    alone = End(here)
    async with asyncio.timeout(5):
        await alone.peer.follow(RegistersHave(versions={}))
        assert not await alone.peer.introduce()
