"""How somebody asks a process of a simulation, and how what they saw comes into the history."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chaos.history import ANSWER_LOST, PROCESS_GONE, Event, Operation, Outcome
from chaos.sim.answers import Asked, answer_of
from replication.ports import MonotonicMs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from chaos.history import Fact
    from chaos.sim.machine import Machine
    from chaos.sim.world import World
    from replication.ports import WallMs
    from site_server.services import Services

T = TypeVar("T")

OTHER_DOORS: Final = frozenset({Operation.PRINT, Operation.BALANCE})
"""What people do elsewhere than at a panel."""


@dataclass(slots=True)
class Asking:
    """Calls into the processes of a world."""

    world: World

    async def ask(
        self,
        site_name: str,
        asked: Asked | Operation,
        work: Callable[[Services], Awaitable[T]],
        facts: Callable[[T], dict[str, Fact]],
    ) -> T | None:
        """What came back, None where nothing did; written down either way."""
        machine = self.world.machines[site_name]
        began = self.world.loop.time(), machine.clock.wall_ms()
        if isinstance(asked, Operation):
            asked = Asked(operation=asked)
        is_panel = asked.operation not in OTHER_DOORS
        if is_panel and self.world.repeating_panels[site_name]:
            await self._call(machine, work)
            self.saw(asked, machine, began, (None, Outcome.UNKNOWN, ANSWER_LOST), {})
            began = self.world.loop.time(), machine.clock.wall_ms()
        answer = await self._call(machine, work)
        result = answer[0]
        known: dict[str, Fact] = facts(result) if result is not None else {}
        self.saw(asked, machine, began, answer, known)
        return result

    def saw(
        self,
        asked: Asked,
        machine: Machine,
        began: tuple[float, WallMs],
        answer: tuple[object, Outcome, str],
        facts: dict[str, Fact],
    ) -> None:
        """Write down what somebody saw."""
        began_s, wall_ms = began
        began_us, ended_us = int(began_s * 1e6), int(self.world.loop.time() * 1e6)
        result = answer[0]
        self.world.look()
        self.world.history.event(
            Event(
                operation=asked.operation,
                node=machine.name,
                wall_ms=wall_ms,
                monotonic_ms=MonotonicMs(began_us // 1000),
                after_us=began_us % 1000,
                latency_us=ended_us - began_us,
                outcome=answer[1],
                reason=answer[2],
                facts={**asked.sent, **facts},
                shown=asked.shown(result) if asked.shown and result is not None else None,
            )
        )

    async def _call(
        self, machine: Machine, work: Callable[[Services], Awaitable[T]]
    ) -> tuple[T | None, Outcome, str]:
        site = self.world.sites.get(machine.name)
        if not machine.life.is_alive or site is None or site.services is None:
            return None, Outcome.REFUSED, "nobody answers"
        services = site.services

        async def call() -> T:
            return await work(services)

        return await self.answer_of(machine, call())

    async def answer_of(
        self, machine: Machine, call: Coroutine[Any, Any, T]
    ) -> tuple[T | None, Outcome, str]:
        """What comes of a call that runs in the process of that machine."""
        task = self.world.loop.start(machine.life, call, "a person's call")
        gone = self.world.loop.create_task(machine.gone.wait())
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not task.done():
            return None, Outcome.UNKNOWN, PROCESS_GONE
        return answer_of(task)
