"""Many people send a document at the same moment, and meet at the panel."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene

WALK_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowding:
    """A lesson is over. On a site with small bounds there is no room for all of them."""

    at_ms: int
    site_name: str
    user_names: tuple[str, ...]
    documents: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Half of the people or all of them, and some more than one document each."""
        count = random.choice((len(frame.user_names) // 2, len(frame.user_names)))
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            user_names=tuple(random.sample(frame.user_names, count)),
            documents=random.choice((1, 1, 3)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        people = scene.people
        for _ in range(self.documents):
            async with asyncio.TaskGroup() as group:
                for name in self.user_names:
                    group.create_task(people.print(self.site_name, name, 1, 0))
        await asyncio.sleep(WALK_S)
        async with asyncio.TaskGroup() as group:
            for name in self.user_names:
                group.create_task(people.release_all(self.site_name, name))
