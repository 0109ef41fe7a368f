"""Runs of a bench that were kept: one JSON line each, in `docs/benchmarks/NAME.jsonl`.

Lines are only ever added, so that the files are the trend. `docs/page_benchmarks.py` makes the
table of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from pydantic import BaseModel, ConfigDict

from bench.machine import Machine
from bench.plot import Plot
from bench.spread import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figure import Figure

FOLDER: Final = Path(__file__).parents[1] / "docs" / "benchmarks"
DIGITS: Final = 6


class KeptFigure(BaseModel):
    """One figure of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    what: str
    value: float
    unit: str
    beside: str
    peer: float
    target: str
    met: bool
    rounds: tuple[float, ...]

    @classmethod
    def of(cls, figure: Figure) -> Self:
        """The figure, with as many digits as mean something."""
        return cls(
            name=figure.name,
            what=figure.what,
            value=_rounded(figure.value),
            unit=figure.unit,
            beside=figure.beside,
            peer=_rounded(figure.peer),
            target=figure.target,
            met=figure.met,
            rounds=tuple(map(_rounded, figure.rounds)),
        )

    @property
    def ratio(self) -> float:
        """`value` by `peer`."""
        return self.value / self.peer

    @property
    def spread(self) -> Spread | None:
        """How far the rounds lie apart; None where there was one."""
        return Spread.of(self.rounds) if len(self.rounds) > 1 else None


class KeptRun(BaseModel):
    """One run; the first figure is that of its closing line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bench: str
    arguments: tuple[str, ...]
    began: str
    """In UTC, ISO 8601."""
    commit: str
    machine: Machine
    load: float
    """The load average of one minute when it began: below 0.5 nothing else ran."""
    figures: tuple[KeptFigure, ...]
    plots: tuple[Plot, ...] = ()


def path_of(bench: str, folder: Path = FOLDER) -> Path:
    """Where the runs of this bench are."""
    return folder / f"{bench}.jsonl"


def keep(run: KeptRun, folder: Path = FOLDER) -> Path:
    """Add a line; where."""
    path = path_of(run.bench, folder)
    with path.open("a", encoding="utf-8") as file:
        file.write(run.model_dump_json() + "\n")
    return path


def kept_runs(folder: Path = FOLDER) -> Iterator[KeptRun]:
    """Every run of every bench, by bench, the oldest first."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield KeptRun.model_validate_json(line)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
