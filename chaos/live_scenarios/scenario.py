"""What a scenario is: a story with a fault, the promises that it puts to the test, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.live_scenarios.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chaos.live_scenarios.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario. `play` is told the stage; the frame judges when it returns."""

    name: str
    """Words with dashes: `wan-cut-mid-release`."""
    story: str
    """One to three sentences."""
    promises: tuple[int, ...]
    """Which promises of docs/architecture.md it puts to the test. Those must be judged."""
    incident: str
    """What went wrong in the field, with which product, that this answers."""
    play: Callable[[Stage], Awaitable[None]]
    needs: tuple[str, ...] = ()
    """What the machine must have or allow: 'root'."""
    plan: Plan = field(default_factory=Plan)
