"""Somebody prints, and fetches it some time later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """A document, and after `walk_ms` a visit at the panel that lets everything go."""

    at_ms: int
    site_name: str
    user_name: str
    mono: int
    colour: int
    walk_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            user_name=random.choice(frame.user_names),
            mono=random.randint(0, 6),
            colour=random.randint(1, 3),
            walk_ms=random.choice((2_000, 20_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        people = scene.people
        await people.print(self.site_name, self.user_name, self.mono, self.colour)
        await asyncio.sleep(self.walk_ms / 1000)
        await people.release_all(self.site_name, self.user_name)
