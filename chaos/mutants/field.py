"""Runs variants, each in a process of its own, on all cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chaos.mutants.mutant import Mutant

RUN_S_MAX: Final = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one variant. `trouble`: why it was not judged at all."""

    mutant: Mutant
    caught_by: Sequence[str] = ()
    findings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    simulated_s: float = 0.0
    processor_s: float = 0.0
    trouble: str = ""

    @property
    def caught(self) -> bool:
        """Whether the checker that must notice it did."""
        return not self.trouble and self.mutant.caught_by in self.caught_by


def trials(mutants: Iterable[Mutant], cores: int | None = None) -> Iterator[Trial]:
    """Each variant's trial, as they end."""
    with ThreadPoolExecutor(cores or os.cpu_count() or 1) as pool:
        running = [pool.submit(trial, mutant) for mutant in mutants]
        for each in as_completed(running):
            yield each.result()


def trial(mutant: Mutant) -> Trial:
    """Run that variant."""
    command = [sys.executable, "-m", "chaos.mutants.planted", mutant.name]
    environ = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        ended = subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, timeout=RUN_S_MAX
        )
    except subprocess.TimeoutExpired:
        return Trial(mutant=mutant, trouble=f"it did not end within {RUN_S_MAX} s")
    if ended.returncode:
        return Trial(mutant=mutant, trouble=ended.stderr.strip()[-2_000:])
    return Trial(mutant=mutant, **json.loads(ended.stdout.splitlines()[-1]))
