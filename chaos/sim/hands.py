"""An administrator who is at a site's machine: stops its server, joins it again, starts it.

One at a time: what a second one wants to do there at the same moment is left out. While somebody is
there nobody else starts the server.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.history import FaultKind
from chaos.sim.disks import UNBOUNDED
from chaos.sim.joining import join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chaos.sim.machine import Machine
    from chaos.sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """At one site."""

    world: World
    site_name: str

    @property
    def machine(self) -> Machine:
        """The one that is the site now."""
        return self.world.machines[self.site_name]

    def stop(self, name: str | None = None) -> Machine:
        """Stop the server on that machine, and see that nobody starts it."""
        machine = self.world.machines[name or self.site_name]
        machine.is_in_hands = True
        if machine.life.is_alive:
            self.world.history.fault(FaultKind.KILLED, machine.name)
            self.world.kill(machine.name)
        if machine.disks is not None:
            machine.disks.end(machine.disk)
            machine.disks.set_room(machine.disk, UNBOUNDED)  # the first thing they see to
        return machine

    def start(self, name: str | None = None) -> None:
        """Start it."""
        machine = self.world.machines[name or self.site_name]
        machine.is_in_hands = False
        self.world.start(machine.name)
        self.world.history.fault(FaultKind.STARTED, machine.name)

    async def join_again(self, name: str | None = None) -> int:
        """`holdfast-site join --again`, and start it; its epoch. A token ends a fence."""
        machine = self.stop(name)
        joined = await join(self.world, machine, again=True)
        self.start(name)
        return joined.epoch

    async def make_one_again(self) -> None:
        """The same, for the one that goes on after there were two."""
        epoch = await self.join_again()
        self.world.history.fault(FaultKind.ONE_AGAIN, self.site_name, str(epoch))


@asynccontextmanager
async def hands_on(world: World, site_name: str) -> AsyncIterator[Hands | None]:
    """The administrator at that site; None: somebody is there already."""
    if site_name in world.attended:
        yield None
        return
    world.attended.add(site_name)
    try:
        yield Hands(world=world, site_name=site_name)
    finally:
        world.attended.discard(site_name)
