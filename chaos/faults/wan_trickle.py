"""The line of a site carries a few bytes a second, for a while: alive for TCP, and of no use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from chaos.sim.wan import Weather

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class WanTrickle:
    """`bytes_per_s` of one line, and no more delay than else."""

    at_ms: int
    site_name: str
    bytes_per_s: int
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One where a beat fits through, and some where it does not."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            bytes_per_s=random.choice((3, 20, 200)),
            for_ms=random.choice((8_000, 60_000, 150_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        line = scene.world.lines[self.site_name]
        line.weather = replace(line.weather, bytes_per_s=self.bytes_per_s)
        await asyncio.sleep(self.for_ms / 1000)
        line.weather = Weather()
