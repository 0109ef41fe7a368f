from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from bench.figure import Figure
from bench.kept import KeptFigure, KeptRun, keep, kept_runs, path_of
from bench.machine import describe
from docs.page_benchmarks import BEGIN, END, made_part, stale, write

if TYPE_CHECKING:
    from pathlib import Path

FIGURE = Figure(
    name="lag",
    value=6.1234567,
    unit="ms",
    peer=130,
    target="<= 8 ms",
    met=True,
    what="commit to visible",
    beside="restore -f",
    rounds=(0.04, 0.05),
)


def run(value: float = 6.1234567, cores: int = 2, arguments: tuple[str, ...] = ()) -> KeptRun:
    figure = KeptFigure.of(FIGURE).model_copy(update={"value": value})
    return KeptRun(
        bench="lag",
        arguments=arguments,
        began="2026-11-20T19:00:00+00:00",
        commit="99d3fa6",
        machine=describe().model_copy(update={"cores": cores}),
        load=0.1,
        figures=(figure,),
    )


def test_runs_are_added_and_read_again_in_their_order(tmp_path: Path) -> None:
    runs = [run(6), run(7)]
    for each in runs:
        keep(each, tmp_path)

    assert list(kept_runs(tmp_path)) == runs
    assert len(path_of("lag", tmp_path).read_text().splitlines()) == 2


def test_a_kept_line_with_a_field_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    line = run().model_dump_json().replace('"load"', '"loaded"')
    path_of("lag", tmp_path).write_text(line)

    with pytest.raises(ValidationError, match="loaded"):
        list(kept_runs(tmp_path))


@pytest.mark.parametrize(
    ("former", "trend"),
    [(6.12, "as before"), (12.0, "-49%"), (3.0, "+104%")],
)
def test_the_trend_is_the_change_of_the_ratio(tmp_path: Path, former: float, trend: str) -> None:
    keep(run(former), tmp_path)
    keep(run(), tmp_path)

    assert f"| {trend} |" in made_part(tmp_path)


def test_another_kind_of_machine_or_other_numbers_are_no_trend(tmp_path: Path) -> None:
    keep(run(3.0, cores=64), tmp_path)
    keep(run(3.0, arguments=("1000000",)), tmp_path)
    keep(run(), tmp_path)

    made = made_part(tmp_path)
    assert made.count("| first |") == 2
    assert "python -m bench.lag 1000000" in made


def test_only_the_part_between_the_marks_is_written(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Ours\n\n{BEGIN}\nold\n{END}\n\nWhy.\n")
    keep(run(), tmp_path / "benchmarks")

    assert stale(page) == ["benchmarks.md"]
    assert write(page) == ["benchmarks.md"]
    text = page.read_text()
    assert text.startswith("# Ours\n\n")
    assert text.endswith("\n\nWhy.\n")
    assert "`make bench-lag`" in text
    assert "old" not in text
    assert stale(page) == []
