"""Many peers follow the registers of one node."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chaos.live.waiting import until
from replication.adapters.registers_fan import RegistersFan
from replication.adapters.registers_peer import RegistersPeer
from replication.messages import Registers as RegistersMessage
from replication.messages import RegistersHave
from replication.registers import Batch, lacking, newest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replication.registers import Versions

A, B = "a" * 32, "b" * 32
PEERS = 50


class CountedRegisters:
    """Registers without content that count how often they are looked through."""

    def __init__(self, versions: Mapping[str, int]) -> None:
        self.versions: Versions = dict(versions)
        self.collected = 0
        self._grown = asyncio.Event()

    def grow(self, origin: str, version: int) -> None:
        self.versions = {**self.versions, origin: version}
        self._grown.set()
        self._grown = asyncio.Event()

    async def newer_than(self, versions: Versions) -> Batch | None:
        origins = lacking(self.versions, versions)
        self.collected += bool(origins)
        return (
            Batch(changes=(), versions={o: self.versions[o] for o in origins}) if origins else None
        )

    async def merge(self, batch: Batch) -> None:
        for origin, version in batch.versions.items():
            self.grow(origin, version)

    async def wait_beyond(self, versions: Versions) -> None:
        while not lacking(self.versions, versions):
            await self._grown.wait()


class Peer:
    """One of many, and what it was told."""

    def __init__(self, registers: CountedRegisters, fan: RegistersFan) -> None:
        self.told: list[RegistersMessage] = []
        self.peer = RegistersPeer(registers, self._send, fan)

    @property
    def versions(self) -> Versions:
        return newest(*(message.versions for message in self.told))

    async def _send(self, message: RegistersMessage | RegistersHave) -> bool:
        assert isinstance(message, RegistersMessage)
        self.told.append(message)
        return True


async def test_what_all_peers_lack_is_collected_once_and_sent_as_one_object() -> None:
    registers = CountedRegisters({A: 1})
    fan = RegistersFan(registers)
    peers = [Peer(registers, fan) for _ in range(PEERS)]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(each.peer.follow(RegistersHave(versions={A: 1}))) for each in peers
        ]
        for version in (2, 3, 4):
            registers.grow(A, version)
            wanted = version

            async def all_told(wanted: int = wanted) -> bool:
                return all(each.versions.get(A) == wanted for each in peers)

            await until(all_told, "everybody", within_ms=5_000, every_ms=2)
        for task in tasks:
            task.cancel()

    assert registers.collected == 3
    assert all(each.told[-1] is peers[0].told[-1] for each in peers)


async def test_a_change_goes_to_all_but_the_one_that_it_came_from() -> None:
    registers = CountedRegisters({A: 1})
    fan = RegistersFan(registers)
    giver, *others = (Peer(registers, fan) for _ in range(3))
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(each.peer.follow(RegistersHave(versions={A: 1})))
            for each in (giver, *others)
        ]
        await asyncio.sleep(0)
        await giver.peer.take(RegistersMessage(changes=[], versions={B: 1}))

        async def others_told() -> bool:
            return all(each.versions.get(B) == 1 for each in others)

        await until(others_told, "the others", within_ms=5_000, every_ms=2)
        registers.grow(A, 2)

        async def giver_told() -> bool:
            return giver.versions.get(A) == 2

        await until(giver_told, "the giver", within_ms=5_000, every_ms=2)
        for task in tasks:
            task.cancel()

    assert B not in giver.versions
