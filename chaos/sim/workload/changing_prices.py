"""An administrator at headquarters makes a new price list, which begins at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.joining import administer
from chaos.sim.organisation import PAGE_MICROS

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangingPrices:
    """A page costs `times` as much as at first, everywhere, once a site hears of it."""

    at_ms: int
    times: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Dearer, or as at first."""
        return cls(at_ms=random.randrange(frame.length_ms), times=random.choice((1, 2, 3)))

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        mono_micros = self.times * PAGE_MICROS
        tariff = {"model": "simple", "mono_micros": mono_micros, "colour_micros": 3 * mono_micros}
        body = {"tariffs": {"any": tariff}, "default": "any"}
        await administer(scene.world, "POST", "/api/v1/price-lists", body)
