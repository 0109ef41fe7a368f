"""Writes the table and the diagrams of docs/benchmarks.md from the runs that were kept.

python -m docs.page_benchmarks           write them
python -m docs.page_benchmarks --check   write nothing; fail and say which ones are stale

The prose below the table is written by hand and stays as it is.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from bench.kept import FOLDER, kept_runs
from bench.plot import svg
from docs.markdown import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.kept import KeptFigure, KeptRun
    from bench.plot import Plot

BEGIN: Final = "<!-- made by make bench-docs: begin -->"
END: Final = "<!-- made by make bench-docs: end -->"
PAGE: Final = FOLDER.parent / "benchmarks.md"
HEAD: Final = (
    "command",
    "figure",
    "ours",
    "peer in the same run",
    "ratio (spread)",
    "target",
    "trend",
    "measured",
)
STEADY: Final = 0.03
"""Less change of the ratio than this is none."""
BUSY_LOAD: Final = 0.5

Key = tuple[str, tuple[str, ...]]


def by_bench(runs: Iterator[KeptRun]) -> Mapping[Key, Sequence[KeptRun]]:
    """The runs of each bench, the oldest first; other numbers are another bench."""
    found: defaultdict[Key, list[KeptRun]] = defaultdict(list)
    for run in runs:
        found[run.bench, run.arguments].append(run)
    return found


def made_part(folder: Path = FOLDER) -> str:
    """What stands between the two marks."""
    found = by_bench(kept_runs(folder))
    rows = [row for runs in found.values() for row in _rows(runs)]
    plots = [f"![{plot.title}](benchmarks/{plot.name}.svg)" for plot in _plots(found)]
    return "\n\n".join([BEGIN, _machines(found), table(HEAD, rows), *plots, END])


def files(page: Path = PAGE) -> Mapping[Path, str]:
    """Every file that is made here, and what it has to hold."""
    folder = page.parent / FOLDER.name
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    drawn = _plots(by_bench(kept_runs(folder)))
    return {
        page: f"{before}{made_part(folder)}{after}",
        **{folder / f"{plot.name}.svg": svg(plot) for plot in drawn},
    }


def stale(page: Path = PAGE) -> list[str]:
    """The files that are missing or do not say what the kept runs say."""
    return [
        path.name
        for path, text in files(page).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def write(page: Path = PAGE) -> list[str]:
    """Write what is stale; the names of those."""
    old, made = stale(page), files(page)
    for path, text in made.items():
        if path.name in old:
            path.write_text(text, encoding="utf-8")
    return old


def _machines(found: Mapping[Key, Sequence[KeptRun]]) -> str:
    last = [runs[-1] for runs in found.values()]
    names = dict.fromkeys(str(run.machine) for run in last)
    return "Measured on: " + "; ".join(names) + "." if names else "Nothing was kept yet."


def _rows(runs: Sequence[KeptRun]) -> Iterator[Sequence[str]]:
    last = runs[-1]
    alike = [run for run in runs[:-1] if run.machine.kind == last.machine.kind]
    former = alike[-1] if alike else None
    for number, figure in enumerate(last.figures):
        yield (
            "" if number else _command(last),
            figure.what or figure.name,
            f"{_amount(figure.value)} {figure.unit}",
            f"{figure.beside}: {_amount(figure.peer)}" if figure.beside else _amount(figure.peer),
            _ratio(figure),
            f"{figure.target}: {'met' if figure.met else '**missed**'}",
            _trend(figure, former),
            "" if number else _when(last),
        )


def _command(run: KeptRun) -> str:
    if not run.arguments:
        return code(f"make bench-{run.bench}")
    return code(f"python -m bench.{run.bench} {' '.join(run.arguments)}")


def _ratio(figure: KeptFigure) -> str:
    spread = figure.spread
    if spread is None:
        return f"{figure.ratio:.2f} (spread not kept)"
    wide = ", too wide" if spread.is_wide else ""
    return f"{figure.ratio:.2f} ({spread.span()}{wide})"


def _trend(figure: KeptFigure, former: KeptRun | None) -> str:
    """How the ratio moved against the run before on a machine of this kind."""
    before = (
        next((each for each in former.figures if each.name == figure.name), None)
        if former
        else None
    )
    if before is None or not before.ratio:
        return "first"
    change = figure.ratio / before.ratio - 1
    return "as before" if abs(change) < STEADY else f"{change:+.0%}"


def _when(run: KeptRun) -> str:
    busy = f", load {run.load:.1f}" if run.load >= BUSY_LOAD else ""
    return f"{run.began[:10]}, {run.commit}{busy}"


def _amount(value: float) -> str:
    digits = f"{value:.3g}"
    return f"{float(digits):,.0f}" if abs(value) >= 1000 or digits.isdecimal() else digits  # noqa: PLR2004 - a thousand


def _plots(found: Mapping[Key, Sequence[KeptRun]]) -> list[Plot]:
    # A run with other numbers may have drawn the same diagram: the last one stands.
    return list({plot.name: plot for runs in found.values() for plot in runs[-1].plots}.values())


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    if arguments:
        old = stale()
        sys.stderr.writelines(f"docs: {name} is stale; run: make bench-docs\n" for name in old)
        return 1 if old else 0
    sys.stdout.writelines(f"wrote {name}\n" for name in write())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
