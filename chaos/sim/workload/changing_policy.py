"""An administrator at headquarters rules otherwise for one site, for a while.

Never in what promise 6 is judged by: where a company is strict, it stays so.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.joining import administer

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangingPolicy:
    """Cards are not registered there, or its credit is strict, for `for_ms`."""

    at_ms: int
    site_name: str
    is_strict: bool
    for_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Both."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            is_strict=random.choice((True, False)),
            for_ms=random.choice((10_000, 200_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        path = f"/api/v1/policies/site/{self.site_name}"
        rules = {"credit": "strict"} if self.is_strict else {"card_self_registration": False}
        await administer(scene.world, "PUT", path, {"rules": rules})
        await asyncio.sleep(self.for_ms / 1000)
        await administer(scene.world, "DELETE", path)
