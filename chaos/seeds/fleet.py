"""Runs simulations, each in a process of its own, on as many cores as there are."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.seeds.plan import plan_of
from chaos.seeds.story import Ended, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HASHES: Final = "PYTHONHASHSEED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One simulation: everything that happens in it follows from this and the code."""

    seed: int
    sites: int
    hours: float

    @property
    def command(self) -> str:
        """What a person types to see it again."""
        return f"make sim SEED={self.seed} SITES={self.sites} HOURS={self.hours:g}"


def with_fixed_hashes() -> None:
    """Start this program again where the order of sets of texts is not fixed yet."""
    if os.environ.get(HASHES) != "0":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, HASHES: "0"})  # noqa: S606


def simulate(wanted: Wanted) -> Ended:
    """Run it here. One per process."""
    logging.disable(logging.CRITICAL)
    return run(wanted.seed, wanted.sites, plan_of(wanted.seed, wanted.sites, wanted.hours))


def fleet(wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, Ended]]:
    """Run them all, in any order."""
    forks = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        max_workers=os.cpu_count(), mp_context=forks, max_tasks_per_child=None
    ) as pool:
        running = {pool.submit(simulate, each): each for each in wanted}
        for done in as_completed(running):
            yield running[done], done.result()
