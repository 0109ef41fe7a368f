"""Connections of a site stand still while new ones work, and what they carry arrives much later.

So does a firewall that was started anew and does not know the flows of before, until it does.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class WanStraggler:
    """What is sent on the connections of this moment arrives after `for_ms`, beside newer ones."""

    at_ms: int
    site_name: str
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Before, while and after each end has given the old connection up."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            for_ms=random.choice((6_000, 14_000, 28_000, 90_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        held = scene.world.lines[self.site_name].hold_back()
        await asyncio.sleep(self.for_ms / 1000)
        for end in held:
            end.hold(is_held=False)
