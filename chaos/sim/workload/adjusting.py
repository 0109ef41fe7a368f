"""An administrator at headquarters gives money to somebody, or takes some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chaos.sim.organisation import PAGE_MICROS
from replication.entry_bodies import user_payer

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.step import Frame, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusting:
    """A change of one balance, asked for until it is answered."""

    at_ms: int
    user_name: str
    amount_micros: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many; more is given than taken."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            user_name=random.choice(frame.user_names),
            amount_micros=random.choice((-2, 5, 10, 40)) * PAGE_MICROS,
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        request_id = f"at {self.at_ms} for {self.user_name}"
        await scene.people.adjust(user_payer(self.user_name), self.amount_micros, request_id)
