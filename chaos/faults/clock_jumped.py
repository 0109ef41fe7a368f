"""The wall clock of a machine jumps, and stays wrong for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.sim.organisation import HEADQUARTERS

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJumped:
    """`machine` takes it to be `ahead_ms` later than it is."""

    at_ms: int
    machine: str
    ahead_ms: int
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """By seconds, or by more than a day."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            machine=random.choice((HEADQUARTERS, *frame.site_names)),
            ahead_ms=random.choice((-26 * HOUR_MS, -5_000, 7_000, 26 * HOUR_MS)),
            for_ms=random.choice((5_000, 200_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        clock = scene.world.machines[self.machine].clock
        clock.ahead_ms = self.ahead_ms
        await asyncio.sleep(self.for_ms / 1000)
        clock.ahead_ms = 0
