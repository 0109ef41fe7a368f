"""The line of a site is slow, and carries little."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.wan import Weather

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class WanSlow:
    """For a while everything takes `delay_ms`, and up to `spread_ms` more, at so many bytes/s."""

    at_ms: int
    site_name: str
    delay_ms: int
    spread_ms: int
    bytes_per_s: int
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """A satellite, a modem, or a line that is full."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            delay_ms=random.choice((80, 600, 2_500)),
            spread_ms=random.choice((0, 300, 2_000)),
            bytes_per_s=random.choice((4_000, 50_000, 10_000_000)),
            for_ms=random.choice((10_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        line = scene.world.lines[self.site_name]
        line.weather = Weather(
            delay_ms=self.delay_ms, spread_ms=self.spread_ms, bytes_per_s=self.bytes_per_s
        )
        await asyncio.sleep(self.for_ms / 1000)
        line.weather = Weather()
