"""What Python's garbage collector did while something was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Collections:
    """How often the garbage collector ran, and its longest pause."""

    runs: int = 0
    longest_us: float = 0.0
    begun_ns: int = field(default_factory=perf_counter_ns)

    def __call__(self, phase: str, _details: Mapping[str, int]) -> None:
        """Note the beginning or the end of one collection."""
        if phase == "start":
            self.begun_ns = perf_counter_ns()
        else:
            self.runs += 1
            self.longest_us = max(self.longest_us, (perf_counter_ns() - self.begun_ns) / 1_000)
