"""What came of many simulations: how much was simulated, done, judged and reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.seeds.plan import FAULT_KINDS
from chaos.sim.coverage import MACHINES, PAIRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.seeds.fleet import Wanted
    from chaos.seeds.story import Ended
    from chaos.sim.coverage import Pair

HOUR_S: Final = 3_600
DAY_HOURS: Final = 24
YEAR_DAYS: Final = 365


@dataclass(slots=True)
class Summary:
    """Grows by each simulation that ended."""

    seeds: int = 0
    hours: float = 0.0
    steps: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    """Things that were looked at, by checker."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Seeds in which a checker had something to look at."""
    stepped: Counter[Pair] = field(default_factory=Counter)
    promises: dict[str, int] = field(default_factory=dict)
    """Which promise a checker judges."""
    failing: list[Wanted] = field(default_factory=list)

    def add(self, wanted: Wanted, ended: Ended) -> None:
        """One more."""
        self.seeds += 1
        self.hours += ended.simulated_s / HOUR_S
        self.steps += ended.steps
        self.stepped += ended.stepped
        for each in ended.verdicts:
            self.promises[each.checker] = each.promise
            self.judged[each.checker] += each.judged
            self.verdicts[each.checker] += each.judged > 0
        if ended.broken:
            self.failing.append(wanted)

    @property
    def faults(self) -> dict[str, int]:
        """How many of each kind there were, also of those that never came."""
        return {name: self.steps[name] for name in FAULT_KINDS}

    @property
    def never_judged(self) -> Sequence[str]:
        """The checkers that had nothing to look at in any of them."""
        return sorted(name for name in self.promises if not self.judged[name])

    @property
    def unreached(self) -> Sequence[str]:
        """The kinds of faults that never came, and the promises that were never judged."""
        never_came = [name for name, times in self.faults.items() if not times]
        return [f"no fault {name}" for name in never_came] + [
            f"promise {self.promises[name]} was never judged by {name}"
            for name in self.never_judged
        ]

    @property
    def never_stepped(self) -> Sequence[Pair]:
        """The steps of the state machines that were never taken."""
        return sorted(PAIRS - self.stepped.keys())

    def lines(self) -> Iterator[str]:
        """For a person."""
        days = self.hours / DAY_HOURS
        failed = f"{len(self.failing)} of them broke a promise" if self.failing else "all ok"
        yield (
            f"{self.seeds} seeds: {days / YEAR_DAYS:.3f} simulated years ({days:.1f} days),"
            f" {sum(self.faults.values())} faults, {sum(self.judged.values())} checks: {failed}"
        )
        yield "    faults:   " + _listed(self.faults)
        work = {name: times for name, times in self.steps.items() if name not in self.faults}
        yield "    work:     " + _listed(work)
        for name in sorted(self.promises, key=lambda name: (self.promises[name], name)):
            yield (
                f"    promise {self.promises[name]:>2}: {name} looked at {self.judged[name]} things"
                f" in {self.verdicts[name]} seeds"
            )
        yield from self._coverage()
        for wanted in self.failing:
            yield f"    broken; to see it again: {wanted.command}"

    def _coverage(self) -> Iterator[str]:
        never = self.never_stepped
        for machine in MACHINES:
            missing = [pair for pair in never if pair.machine == machine.name]
            there_are = len(machine.table)
            yield (
                f"    steps of the {machine.name}: {there_are - len(missing)} of {there_are}"
                " (state, event) pairs reached"
            )
            for state in sorted({pair.state for pair in missing}):
                events = ", ".join(pair.event for pair in missing if pair.state == state)
                yield f"        never while {state}: {events}"
        refused = sum(times for pair, times in self.stepped.items() if pair not in PAIRS)
        yield f"    steps that do not exist, tried and refused: {refused}"


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{times} {name}" for name, times in sorted(counted.items()))
