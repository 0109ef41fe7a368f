from __future__ import annotations

import pytest

from bench.figure import Figure, ratios
from bench.spread import WIDTH_MAX, Spread


def figure(*rounds: float) -> Figure:
    return Figure(name="lag", value=6, unit="ms", peer=3, target="<= 8 ms", met=True, rounds=rounds)


def test_few_rounds_are_judged_by_the_lowest_and_the_highest() -> None:
    spread = Spread.of([0.4, 0.36, 0.48])

    assert (spread.low, spread.middle, spread.high) == (0.36, 0.4, 0.48)
    assert not spread.is_wide


def test_among_many_rounds_one_that_was_disturbed_says_nothing() -> None:
    assert not Spread.of([1.0] * 9 + [50.0]).is_wide


def test_a_figure_whose_rounds_lie_too_far_apart_says_so_and_names_the_bound() -> None:
    said = figure(1.0, 2.0, 1.5).spread_line()

    assert "TOO WIDE, 2.00 times" in said
    assert f"{WIDTH_MAX:g} is the bound" in said


def test_a_ratio_of_nothing_is_wide_and_not_an_error() -> None:
    assert Spread.of([0.0, 1.0]).is_wide


def test_one_round_alone_claims_no_spread() -> None:
    assert figure(2.0).spread is None
    assert "unknown" in figure(2.0).spread_line()


def test_the_closing_line_is_the_one_that_every_bench_ends_in() -> None:
    assert figure(2.0).line() == "lag: 6 ms, peer 3, ratio 2.00, target <= 8 ms: met"


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([2.0, 9.0], [1.0, 3.0]) == (2.0, 3.0)
    with pytest.raises(ValueError, match="argument"):
        ratios([1.0], [1.0, 2.0])
