"""An administrator at headquarters changes somebody's name, or locks them out for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.joining import administer

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class EditingPeople:
    """A new name at once; and where `away_ms` is not 0, nothing is allowed them for so long."""

    at_ms: int
    user_name: str
    away_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Most stay."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            user_name=random.choice(frame.user_names),
            away_ms=random.choice((0, 0, 0, 10_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world, path = scene.world, f"/api/v1/users/{self.user_name}"
        name = f"{self.user_name.title()} of {self.at_ms}"
        await administer(world, "PATCH", path, {"full_name": name})
        if self.away_ms:
            await administer(world, "PATCH", path, {"enabled": False})
            await asyncio.sleep(self.away_ms / 1000)
            await administer(world, "PATCH", path, {"enabled": True})
