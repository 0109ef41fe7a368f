"""Somebody registers a card that nobody knows at a panel, and comes back with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene

NEW_CARDS: Final = 12
"""So few that two people bring the same one, also at two sites that are cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """A card found in a drawer is claimed, and used after each of `uses_ms`."""

    at_ms: int
    site_name: str
    user_name: str
    card: int
    uses_ms: tuple[int, ...]

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Used at once, and much later."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            user_name=random.choice(frame.user_names),
            card=random.randrange(NEW_CARDS),
            uses_ms=random.choice(((500,), (500, 60_000), (30_000, 300_000))),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        people = scene.people
        await people.claim(self.site_name, self.user_name, self.card)
        for after_ms in self.uses_ms:
            await asyncio.sleep(after_ms / 1000)
            await people.use_new_card(self.site_name, self.card)
