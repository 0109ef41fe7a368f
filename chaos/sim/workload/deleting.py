"""Somebody sends a document and deletes one of theirs at the panel."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene

WALK_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleting:
    """A document that is not wanted any more."""

    at_ms: int
    site_name: str
    user_name: str

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            user_name=random.choice(frame.user_names),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        await scene.people.print(self.site_name, self.user_name, 1, 0)
        await asyncio.sleep(WALK_S)
        await scene.people.delete_one(self.site_name, self.user_name)
