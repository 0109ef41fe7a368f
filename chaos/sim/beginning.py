"""Everything is made and started, for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.sim.joining import join

if TYPE_CHECKING:
    from chaos.sim.world import World


async def begin(world: World) -> None:
    """Headquarters is created; then each site joins, and starts."""
    world.create()
    for name in world.site_names:
        machine = world.machines[name]
        machine.folder.mkdir(parents=True)
        await join(world, machine)
        world.start(name)
