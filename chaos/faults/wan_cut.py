"""The line of a site is cut: both ways, or one of them without a word to the other end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.history import FaultKind
from chaos.sim.wan import Way

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class WanCut:
    """`ways` of one line carry nothing for a while; what was sent waits in it."""

    at_ms: int
    site_name: str
    ways: tuple[Way, ...]
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """From a blink to a good part of the whole time."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            ways=random.choice(((Way.UP, Way.DOWN), (Way.UP, Way.DOWN), (Way.UP,), (Way.DOWN,))),
            for_ms=random.choice((500, 3_000, 15_000, 120_000, frame.length_ms // 3)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        line, history = scene.world.lines[self.site_name], scene.world.history
        what = " and ".join(self.ways)
        history.fault(FaultKind.WAN_CUT, self.site_name, what)
        line.cut(self.ways)
        await asyncio.sleep(self.for_ms / 1000)
        line.heal(self.ways)
        if not line.is_cut:
            history.fault(FaultKind.WAN_HEALED, self.site_name, what)
