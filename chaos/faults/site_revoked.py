"""The administrator revokes a site, and lets it join anew some time later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.history import Operation
from chaos.sim.hands import hands_on
from chaos.sim.joining import SITES, administer, lift, tell

if TYPE_CHECKING:
    from random import Random

    from chaos.history import Fact
    from chaos.sim.step import Frame, Scene
    from chaos.sim.world import World

IN_EFFECT_S: Final = 5.0
"""What was under way when it was revoked is over by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRevoked:
    """`site_name` is shut out for `for_ms`; then it joins again, with the journal that it has."""

    at_ms: int
    site_name: str
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """For a minute, or for a good part of the whole time."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            for_ms=random.choice((20_000, 120_000, frame.length_ms // 4)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`. One administrator at a time is at a site."""
        world = scene.world
        async with hands_on(world, self.site_name) as hands:
            if hands is None:
                return
            path = f"{SITES}/{self.site_name}/revocation"
            await administer(world, "PUT", path, {"reason": "a drill"})
            since_ms = tell(world, Operation.REVOKE, {"site_name": self.site_name})
            await asyncio.sleep(IN_EFFECT_S)
            before = _received(world, self.site_name)
            await asyncio.sleep(self.for_ms / 1000)
            after = _received(world, self.site_name)
            facts: dict[str, Fact] = {
                "site_name": self.site_name,
                "since_ms": since_ms,
                "before": before,
                "after": after,
            }
            tell(world, Operation.SHUT_OUT, facts)
            await lift(world, self.site_name)
            await hands.join_again()


def _received(world: World, site_name: str) -> int:
    """How many entries of that site headquarters has; -1: nobody can say now."""
    if world.primary is None:
        return -1
    return sum(head.seq for head in world.primary.ledger.journals() if head.site_name == site_name)
