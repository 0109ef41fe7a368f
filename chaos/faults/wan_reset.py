"""The connections of a site are reset in the midst of a frame, which then has to be sent again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.wan import Way

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene

BOTH = (Way.UP, Way.DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class WanReset:
    """`times` resets; the ends that send in `heard_by` hear of them, others only by silence."""

    at_ms: int
    site_name: str
    heard_by: tuple[Way, ...]
    times: int
    apart_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Once, or as often as a bad box does it."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            heard_by=random.choice((BOTH, BOTH, (Way.UP,), (Way.DOWN,))),
            times=random.choice((1, 1, 6)),
            apart_ms=random.choice((700, 5_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        for _ in range(self.times):
            scene.world.lines[self.site_name].reset(self.heard_by)
            await asyncio.sleep(self.apart_ms / 1000)
