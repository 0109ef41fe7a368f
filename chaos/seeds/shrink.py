"""Makes a plan that breaks a promise small: whatever can be left out is left out.

Halves first, then quarters, and so on down to single steps (Zeller's delta debugging). A smaller
plan counts as the same failure if the same checker finds something. Steps are data and end by
themselves, so any part of a plan is a plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chaos.seeds.fleet import Wanted, fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.seeds.story import Ended
    from chaos.sim.step import Step

RUNS_MAX: Final = 400


def broken_by(ended: Ended) -> frozenset[str]:
    """The checkers that found something."""
    return frozenset(each.checker for each in ended.broken)


def shrunk(wanted: Wanted, ended: Ended) -> Wanted:
    """The smallest plan found that breaks one of the same promises; `wanted` itself at worst."""
    checkers, steps, parts, runs = broken_by(ended), wanted.steps, 2, 0
    while len(steps) > 1 and runs < RUNS_MAX:
        candidates = list(_without_a_part(steps, parts))
        runs += len(candidates)
        smaller = _first_broken(wanted, candidates, checkers)
        if smaller is not None:
            steps, parts = smaller, max(parts - 1, 2)
        elif parts >= len(steps):
            break
        else:
            parts = min(2 * parts, len(steps))
    return replace(wanted, plan=steps)


def _without_a_part(steps: tuple[Step, ...], parts: int) -> Iterator[tuple[Step, ...]]:
    size = -(-len(steps) // parts)
    for first in range(0, len(steps), size):
        yield steps[:first] + steps[first + size :]


def _first_broken(
    wanted: Wanted, candidates: list[tuple[Step, ...]], checkers: frozenset[str]
) -> tuple[Step, ...] | None:
    """The first of them that breaks one of these, in their own order, so that it is repeatable."""
    runs = [replace(wanted, plan=steps) for steps in candidates]
    broken = {each.plan for each, ended in fleet(runs) if broken_by(ended) & checkers}
    return next((steps for steps in candidates if steps in broken), None)
