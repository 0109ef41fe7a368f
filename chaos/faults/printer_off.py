"""A printer does not answer, and may have lost its record when it is back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterOff:
    """Nobody answers for a while; `forgets`: what it had printed is not in its record any more."""

    at_ms: int
    site_name: str
    for_ms: int
    forgets: bool

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            for_ms=random.choice((3_000, 60_000)),
            forgets=random.choice((True, False, False)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        printer = scene.world.printers[self.site_name]
        printer.is_off = True
        await asyncio.sleep(self.for_ms / 1000)
        if self.forgets:
            printer.forget()
        printer.is_off = False
