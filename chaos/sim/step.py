"""One thing that happens in a simulation: plain data, so that it can be printed and left out.

A plan is a list of steps in the order of their times. A fault ends by itself (`for_ms`), so any
step may be left out of a plan and what remains is a plan: that is how a failing one is made small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.sim.people import People
    from chaos.sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a step happens."""

    world: World
    people: People


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a step is drawn from."""

    site_names: Sequence[str]
    user_names: Sequence[str]
    length_ms: int


class Step(Protocol):
    """At `at_ms` after the beginning, `do` it. It may take its time; others go on meanwhile."""

    @property
    def at_ms(self) -> int:
        """When it begins."""
        ...

    async def do(self, scene: Scene) -> None:
        """Do it."""
        ...
