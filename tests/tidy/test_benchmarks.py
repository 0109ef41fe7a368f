from __future__ import annotations

import re

import pytest

from docs.page_benchmarks import main, stale
from tests.tidy.source import ROOT

BENCHES = [
    path for path in sorted((ROOT / "bench").glob("*.py")) if "def main(" in path.read_text()
]


def test_the_table_and_the_diagrams_say_what_the_kept_runs_say() -> None:
    assert stale() == [], "run: make bench-docs"


@pytest.mark.parametrize("name", [path.stem for path in BENCHES])
def test_every_bench_goes_the_one_way(name: str) -> None:
    text = (ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8")

    assert f'begin("{name}"' in text, "see bench/run.py"
    assert ".end(" in text, "it has to end in its figure: see bench/run.py"


def test_make_runs_every_bench() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    marker = re.search(r"grep -l '\^(.+?)' bench", makefile)

    assert marker
    found = [p for p in (ROOT / "bench").glob("*.py") if f"\n{marker[1]}" in p.read_text()]
    assert sorted(found) == BENCHES


def test_the_check_says_what_to_type() -> None:
    assert main(["--check"]) == 0
    assert main(["--all"]) == 2
