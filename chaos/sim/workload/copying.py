"""Somebody copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """Some pages at the panel of a site."""

    at_ms: int
    site_name: str
    user_name: str
    pages: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            user_name=random.choice(frame.user_names),
            pages=random.randint(1, 12),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        await scene.people.copy(self.site_name, self.user_name, self.pages)
