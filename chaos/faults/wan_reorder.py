"""Answers of headquarters to a site overtake each other, and what is pushed overtakes them all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class WanReorder:
    """For a while each answer of one line comes up to `overtaking_ms` late, by chance."""

    at_ms: int
    site_name: str
    overtaking_ms: int
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """By less than a heartbeat, or by several."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            overtaking_ms=random.choice((900, 6_000, 20_000)),
            for_ms=random.choice((20_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        line = scene.world.lines[self.site_name]
        line.overtaking_ms = self.overtaking_ms
        await asyncio.sleep(self.for_ms / 1000)
        line.overtaking_ms = 0
