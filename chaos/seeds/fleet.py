"""Runs simulations, each in a process of its own, on as many cores as there are."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import verdict
from chaos.seeds.plan import plan_of
from chaos.seeds.story import Ended, run
from chaos.sim.disks import recorder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chaos.sim.step import Step

HASHES: Final = "PYTHONHASHSEED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One simulation: all that happens in it follows from this and the code.

    `plan`: the steps, where they are not all that the seed draws.
    """

    seed: int
    sites: int
    hours: float
    plan: tuple[Step, ...] | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """What happens."""
        return plan_of(self.seed, self.sites, self.hours) if self.plan is None else self.plan

    @property
    def command(self) -> str:
        """What a person types to see it again."""
        return f"make sim SEED={self.seed} SITES={self.sites} HOURS={self.hours:g}"


def with_fixed_hashes() -> None:
    """Start this program again where the order of sets of texts is not fixed yet."""
    if os.environ.get(HASHES) != "0":
        environ = {**os.environ, HASHES: "0"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environ)  # noqa: S606


def fleet(wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, Ended]]:
    """Run them all, each in a process that is new; they come back in any order."""
    recorder()  # built once, and not in each of them
    forks = multiprocessing.get_context("fork")
    cores = os.cpu_count() or 1
    room = threading.Semaphore(2 * cores)
    with forks.Pool(cores, _deaf_to_ctrl_c, maxtasksperchild=1) as pool:
        for found in pool.imap_unordered(_simulated, _as_there_is(room, wanted), chunksize=1):
            room.release()
            yield found


def _deaf_to_ctrl_c() -> None:
    """A terminal tells every process of the group; the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _as_there_is(room: threading.Semaphore, wanted: Iterable[Wanted]) -> Iterator[Wanted]:
    """A pool takes all of what it is given at once, and there may be no end of it."""
    for each in wanted:
        room.acquire()
        yield each


def _simulated(wanted: Wanted) -> tuple[Wanted, Ended]:
    logging.disable(logging.CRITICAL)
    try:
        return wanted, run(wanted.seed, wanted.sites, wanted.steps)
    except Exception:  # noqa: BLE001 - whatever it is, it has a seed, and the others go on
        return wanted, _broken_off(traceback.format_exc())


def _broken_off(error: str) -> Ended:
    """A simulation that came to no end has shown a fault: of the product, or of its own."""
    return Ended(
        verdicts=(verdict(0, "no_process_fails", [error], judged=1),),
        simulated_s=0.0,
        steps=Counter(),
        faults=0,
        stepped=Counter(),
        digest="",
    )
