"""An administrator rehearses an outage at a site, or cuts it off on purpose, and ends it again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.sim.in_process import finished
from chaos.sim.organisation import HEADQUARTERS
from failure_modes.vocabulary import LinkEvent
from primary.errors import PrimaryError
from primary.service.give_link_order import give_link_order
from replication.errors import ReplicationError
from site_server.errors import RefusedError

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene
    from chaos.sim.world import World

BOTH: Final = (
    (LinkEvent.DRILL_STARTED, LinkEvent.DRILL_ENDED),
    (LinkEvent.FORCE_STARTED, LinkEvent.FORCE_ENDED),
)
AGAIN_S: Final = 7.0
TRIES_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """`begin` and, after `for_ms`, `end`, each given until it is taken."""

    at_ms: int
    site_name: str
    begin: LinkEvent
    end: LinkEvent
    at_site: bool
    """Given at the site; else at headquarters, from where it travels in the directory."""
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        begin, end = random.choice(BOTH)
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            begin=begin,
            end=end,
            at_site=random.choice((True, False)),
            for_ms=random.choice((1_000, 20_000, 60_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        if await self._given(scene.world, self.begin):
            await asyncio.sleep(self.for_ms / 1000)
            await self._given(scene.world, self.end)

    async def _given(self, world: World, order: LinkEvent) -> bool:
        """Whether it was taken in the end; one that is refused is given up."""
        for _ in range(TRIES_MAX):
            try:
                if await (self._at_site if self.at_site else self._at_headquarters)(world, order):
                    return True
            except (RefusedError, PrimaryError):
                return False
            except ReplicationError:
                pass  # nobody knows; once more does no harm
            await asyncio.sleep(AGAIN_S)
        return False

    async def _at_site(self, world: World, order: LinkEvent) -> bool:
        site = world.sites.get(self.site_name)
        services = None if site is None else site.services
        if services is None:
            return False
        return await finished(
            world.loop, world.machines[self.site_name], services.link_orders.give(order)
        )

    async def _at_headquarters(self, world: World, order: LinkEvent) -> bool:
        primary = world.primary
        if primary is None:
            return False
        machine = world.machines[HEADQUARTERS]
        now_ms = machine.clock.wall_ms()
        said = primary.site_says.of(self.site_name)
        return await finished(
            world.loop,
            machine,
            primary.directory.write(
                lambda connection: give_link_order(connection, self.site_name, order, said, now_ms)
            ),
        )
