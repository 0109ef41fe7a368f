"""Answers of a site to its panels are lost, and what was asked is asked again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRepeats:
    """For a while every panel of a site asks everything twice; it hears only the second answer."""

    at_ms: int
    site_name: str
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            for_ms=random.choice((20_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        repeating = scene.world.repeating_panels
        repeating[self.site_name] += 1
        await asyncio.sleep(self.for_ms / 1000)
        repeating[self.site_name] -= 1
