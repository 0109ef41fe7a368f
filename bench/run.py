"""The one way in and out of every bench.

`python -m bench.NAME` measures and prints; with `--keep` the run is added to the kept ones, so an
ordinary run leaves no trace in the checkout.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.kept import KeptFigure, KeptRun, keep
from bench.machine import describe
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.figure import Figure
    from bench.plot import Plot

PROJECT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A bench that is being measured."""

    name: str
    arguments: tuple[str, ...]
    is_kept: bool
    began: str
    load: float

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers that were given in place of its own."""
        return tuple(int(each) for each in self.arguments if each.isdecimal())

    def end(self, *figures: Figure, plots: Sequence[Plot] = ()) -> int:
        """Print all figures, the closing one last (it is given first), and keep what is to be."""
        machine = describe()
        print(f"{machine}; load {self.load:.1f} when it began")
        for figure in figures[1:]:
            print(f"{figure.line()}; {figure.spread_line()}")
        if self.is_kept:
            run = KeptRun(
                bench=self.name,
                arguments=self.arguments,
                began=self.began,
                commit=_commit(),
                machine=machine,
                load=round(self.load, 2),
                figures=tuple(map(KeptFigure.of, figures)),
                plots=tuple(plots),
            )
            print(f"kept in {keep(run).relative_to(PROJECT)}; make bench-docs writes the table")
        print(figures[0].spread_line())
        print(figures[0].line(), flush=True)
        return 0


def begin(name: str, about: str | None, parser: argparse.ArgumentParser | None = None) -> Run:
    """Note when and beside what the bench begins; `--keep` and numbers come from the command."""
    options = argparse.ArgumentParser(
        prog=f"python -m bench.{name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[parser] if parser else [],
    )
    options.add_argument("--keep", action="store_true", help="add this run to docs/benchmarks")
    if parser is None:
        options.add_argument("numbers", nargs="*", type=int, help="in place of its own")
    asked = vars(options.parse_args())
    keeps = bool(asked.pop("keep"))
    numbers = tuple(str(each) for each in asked.pop("numbers", ()))
    named = tuple(
        f"--{key} {value}"
        for key, value in sorted(asked.items())
        if value != options.get_default(key)
    )
    began_s = SystemClock().wall_ms() / 1000
    return Run(
        name=name,
        arguments=(*numbers, *named),
        is_kept=keeps,
        began=datetime.fromtimestamp(began_s, UTC).isoformat(timespec="seconds"),
        load=os.getloadavg()[0],
    )


def _commit() -> str:
    """The commit that was measured, with a plus where the checkout is not clean."""
    git = shutil.which("git")
    if git is None:
        return "unknown"

    def said(*arguments: str) -> str:
        command = (git, "-C", str(PROJECT), *arguments)
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = said("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    return f"{said('rev-parse', '--short', 'HEAD')}{'+' if changed else ''}"
