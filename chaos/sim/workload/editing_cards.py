"""An administrator at headquarters gives somebody a second card, and revokes it some time later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.joining import administer

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class EditingCards:
    """The number of the card is that of the moment."""

    at_ms: int
    user_name: str
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            user_name=random.choice(frame.user_names),
            for_ms=random.choice((1_000, 60_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        path, body = f"/api/v1/users/{self.user_name}/cards", {"card_number": f"06{self.at_ms:08X}"}
        await administer(scene.world, "PUT", path, body)
        await asyncio.sleep(self.for_ms / 1000)
        await administer(scene.world, "DELETE", path, body)
