"""The disk of a machine is full for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.history import FaultKind
from chaos.sim.organisation import HEADQUARTERS

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFull:
    """Files on `machine` may grow by `room_bytes` and no more, until somebody makes room."""

    at_ms: int
    machine: str
    room_bytes: int
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """At once, in the middle of something, or after some more of it."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            machine=random.choice((HEADQUARTERS, *frame.site_names)),
            room_bytes=random.choice((0, random.randrange(5_000), random.randrange(500_000))),
            for_ms=random.choice((2_000, 20_000, 300_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world = scene.world
        world.history.fault(FaultKind.DISK_FULL, self.machine, f"{self.room_bytes} bytes are left")
        world.fill_disk(self.machine, self.room_bytes)
        await asyncio.sleep(self.for_ms / 1000)
        if world.make_room(self.machine):
            world.history.fault(FaultKind.ROOM_MADE, self.machine)
