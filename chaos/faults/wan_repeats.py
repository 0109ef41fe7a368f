"""Answers to requests of a site are lost, and somebody on the way asks again: a duplicate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class WanRepeats:
    """So many of the requests of one line reach headquarters twice, for a while."""

    at_ms: int
    site_name: str
    lost_answers: float
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Some of them, or each."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            lost_answers=random.choice((0.3, 1.0)),
            for_ms=random.choice((20_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        line = scene.world.lines[self.site_name]
        line.lost_answers = self.lost_answers
        await asyncio.sleep(self.for_ms / 1000)
        line.lost_answers = 0.0
