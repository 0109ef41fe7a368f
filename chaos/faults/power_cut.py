"""The power of a machine is cut: what was not synced is lost, kept or torn."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.history import FaultKind
from chaos.sim.organisation import HEADQUARTERS

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCut:
    """`machine` goes dark without a farewell, and is on again after `for_ms`.

    `cuts`: it fails that often, each time again soon after it was on: many power failures do.
    """

    at_ms: int
    machine: str
    for_ms: int
    cuts: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """A site as often as headquarters."""
        machine = random.choice((HEADQUARTERS, random.choice(frame.site_names)))
        return cls(
            at_ms=random.randrange(frame.length_ms),
            machine=machine,
            for_ms=random.choice((500, 5_000, 60_000)),
            cuts=random.choice((1, 1, 1, 3)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`. A machine that is dark already is only put on once."""
        world = scene.world
        for number in range(self.cuts):
            if not world.machines[self.machine].life.is_alive:
                return
            world.history.fault(FaultKind.POWER_CUT, self.machine)
            world.cut_power(self.machine)
            await asyncio.sleep(self.for_ms / 1000)
            world.start(self.machine)
            world.history.fault(FaultKind.STARTED, self.machine)
            await asyncio.sleep(ON_S * (number + 1))


ON_S: Final = 0.7
"""That a machine is on before its power fails again; longer each time."""
