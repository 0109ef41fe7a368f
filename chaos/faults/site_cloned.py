"""A site's disk is copied, and the copy started beside it, as the same site on the same line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.sim.hands import hands_on
from chaos.sim.old_disks import copied, forget, snapshot, take_place

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.hands import Hands
    from chaos.sim.step import Frame, Scene
    from chaos.sim.world import World

HANDED_IN_S: Final = 1_200
LOOK_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCloned:
    """After `for_ms` one of the two goes on: the copy where `copy_lives`.

    `copies`: how often somebody copies at the other one meanwhile. What that has done it hands in
    first, and is then switched off (docs/operations/clones.md).
    """

    at_ms: int
    site_name: str
    for_ms: int
    copy_lives: bool
    user_name: str
    copies: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Both ways."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            for_ms=random.choice((3_000, 60_000, 200_000)),
            copy_lives=random.choice((True, False)),
            user_name=random.choice(frame.user_names),
            copies=random.choice((0, 1, 3)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world = scene.world
        async with hands_on(world, self.site_name) as hands:
            old = None if hands is None else snapshot(world, self.site_name)
            if hands is None or old is None:
                return
            copy = copied(world, self.site_name, old)
            world.start(copy.name)
            for _ in range(self.copies):
                await asyncio.sleep(LOOK_S)
                await scene.people.copy(copy.name, self.user_name, 2)
            await asyncio.sleep(self.for_ms / 1000)
            hands.stop()
            hands.stop(copy.name)
            if self.copy_lives:
                await _hand_in(world, hands, self.site_name)
                hands.stop()
                take_place(world, self.site_name, copy)
            else:
                await _hand_in(world, hands, copy.name)
                hands.stop(copy.name)
            forget(world, copy)
            await hands.make_one_again()


async def _hand_in(world: World, hands: Hands, machine: str) -> None:
    """Join that one again, only so that headquarters gets what it alone has done."""
    await hands.join_again(machine)
    end_s = world.loop.time() + HANDED_IN_S
    while world.loop.time() < end_s:
        await asyncio.sleep(LOOK_S)
        site = world.sites.get(machine)
        if site is not None and site.is_at_rest():
            return
