"""A site's disk is put back to what it was some minutes ago, as by a snapshot of its machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.hands import hands_on
from chaos.sim.old_disks import put_back, snapshot

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPutBack:
    """After `age_ms` the disk is what it was at `at_ms`; `noticed_ms` later it joins again."""

    at_ms: int
    site_name: str
    age_ms: int
    noticed_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """By seconds or minutes."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            age_ms=random.choice((1_000, 30_000, 300_000)),
            noticed_ms=random.choice((0, 10_000, 120_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world = scene.world
        async with hands_on(world, self.site_name) as hands:
            old = None if hands is None else snapshot(world, self.site_name)
            if hands is None or old is None:
                return
            await asyncio.sleep(self.age_ms / 1000)
            hands.stop()
            put_back(world, self.site_name, old)
            hands.start()
            await asyncio.sleep(self.noticed_ms / 1000)
            await hands.make_one_again()
