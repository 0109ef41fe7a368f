"""kill -9 of a site server or of the primary; somebody starts it again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.history import FaultKind
from chaos.sim.organisation import HEADQUARTERS

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessKilled:
    """The process on `machine` dies between two steps, and is started after `for_ms`."""

    at_ms: int
    machine: str
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """A site as often as headquarters."""
        machine = random.choice((HEADQUARTERS, random.choice(frame.site_names)))
        return cls(
            at_ms=random.randrange(frame.length_ms),
            machine=machine,
            for_ms=random.choice((100, 2_000, 30_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`. A process that is dead already is only started once."""
        world = scene.world
        if not world.machines[self.machine].life.is_alive:
            return
        world.history.fault(FaultKind.KILLED, self.machine)
        world.kill(self.machine)
        await asyncio.sleep(self.for_ms / 1000)
        world.start(self.machine)
        world.history.fault(FaultKind.STARTED, self.machine)
