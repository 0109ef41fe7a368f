"""What paper costs, by example and by law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.errors import BrokenInvariantError
from failure_modes.pricing import (
    WHOLE_PPM,
    CostLine,
    PageCount,
    Price,
    cost_lines,
    cost_micros,
    discounted_price,
)
from failure_modes.vocabulary import Micros, Sides
from tests.unit.failure_modes.builders import PRICE

counts = st.builds(PageCount, mono=st.integers(0, 5_000), colour=st.integers(0, 5_000))
amounts = st.integers(0, 10_000_000).map(Micros)
prices = st.builds(
    Price,
    mono_simplex_micros=amounts,
    mono_duplex_micros=amounts,
    colour_simplex_micros=amounts,
    colour_duplex_micros=amounts,
)
copies = st.integers(1, 200)
sides = st.sampled_from(Sides)


@pytest.mark.parametrize(
    ("mono", "colour", "job_copies", "job_sides", "expected_micros"),
    [
        (3, 0, 1, Sides.ONE_SIDED, 150_000),  # 3 x 0.05
        (0, 3, 1, Sides.ONE_SIDED, 600_000),  # 3 x 0.20
        (2, 1, 1, Sides.TWO_SIDED_LONG_EDGE, 230_000),  # 2 x 0.04 + 0.15
        (2, 1, 1, Sides.TWO_SIDED_SHORT_EDGE, 230_000),
        (2, 1, 4, Sides.ONE_SIDED, 1_200_000),  # 4 x (2 x 0.05 + 0.20)
        (0, 0, 9, Sides.ONE_SIDED, 0),
    ],
)
def test_a_job_costs_its_impressions(
    mono: int, colour: int, job_copies: int, job_sides: Sides, expected_micros: int
) -> None:
    pages = PageCount(mono=mono, colour=colour)

    assert cost_micros(pages, job_copies, job_sides, PRICE) == expected_micros


def test_the_odd_last_page_of_a_duplex_job_costs_the_duplex_price() -> None:
    pages = PageCount(mono=3, colour=0)

    assert cost_micros(pages, 1, Sides.TWO_SIDED_LONG_EDGE, PRICE) == 3 * 40_000


def test_a_bill_shows_each_kind_of_impression_once() -> None:
    lines = cost_lines(PageCount(mono=2, colour=1), 3, Sides.ONE_SIDED, PRICE)

    assert lines == (
        CostLine(colour=False, sides=Sides.ONE_SIDED, impressions=6, each_micros=Micros(50_000)),
        CostLine(colour=True, sides=Sides.ONE_SIDED, impressions=3, each_micros=Micros(200_000)),
    )
    assert [line.amount_micros for line in lines] == [300_000, 600_000]


def test_a_bill_has_no_empty_lines() -> None:
    assert cost_lines(PageCount(mono=0, colour=0), 1, Sides.ONE_SIDED, PRICE) == ()


def test_pages_in_black_only_keep_their_number() -> None:
    assert PageCount(mono=2, colour=3).in_mono() == PageCount(mono=5, colour=0)


@given(first=counts, second=counts, times=copies, on=sides, price=prices)
def test_law_the_cost_of_pages_together_is_the_sum_of_their_costs(
    first: PageCount, second: PageCount, times: int, on: Sides, price: Price
) -> None:
    together = PageCount(mono=first.mono + second.mono, colour=first.colour + second.colour)

    assert cost_micros(together, times, on, price) == cost_micros(
        first, times, on, price
    ) + cost_micros(second, times, on, price)


@given(pages=counts, first=copies, second=copies, on=sides, price=prices)
def test_law_the_cost_of_copies_together_is_the_sum_of_their_costs(
    pages: PageCount, first: int, second: int, on: Sides, price: Price
) -> None:
    assert cost_micros(pages, first + second, on, price) == cost_micros(
        pages, first, on, price
    ) + cost_micros(pages, second, on, price)


@given(pages=counts, times=copies, on=sides, price=prices)
def test_law_a_cost_is_never_negative_and_its_lines_add_up(
    pages: PageCount, times: int, on: Sides, price: Price
) -> None:
    lines = cost_lines(pages, times, on, price)

    assert cost_micros(pages, times, on, price) >= 0
    assert sum(line.amount_micros for line in lines) == cost_micros(pages, times, on, price)
    assert sum(line.impressions for line in lines) == pages.total * times


def test_a_negative_page_count_is_refused() -> None:
    with pytest.raises(BrokenInvariantError):
        PageCount(mono=-1, colour=5)


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(BrokenInvariantError):
        Price(
            mono_simplex_micros=Micros(1),
            mono_duplex_micros=Micros(1),
            colour_simplex_micros=Micros(1),
            colour_duplex_micros=Micros(-1),
        )


def test_no_copies_cannot_be_priced() -> None:
    with pytest.raises(BrokenInvariantError):
        cost_lines(PageCount(mono=1, colour=0), 0, Sides.ONE_SIDED, PRICE)


@pytest.mark.parametrize(
    ("simplex_micros", "discount_ppm", "duplex_micros"),
    [
        (50_000, 0, 50_000),
        (50_000, 200_000, 40_000),
        (50_000, 1_000_000, 0),
        (99, 500_000, 49),  # 49.5: rounded down, for the one who pays
        (1, 1, 0),
    ],
)
def test_the_duplex_discount_is_exact_and_rounded_down_to_whole_micros(
    simplex_micros: int, discount_ppm: int, duplex_micros: int
) -> None:
    price = discounted_price(Micros(simplex_micros), Micros(2 * simplex_micros), discount_ppm)

    assert price.of_impression(colour=False, sides=Sides.ONE_SIDED) == simplex_micros
    assert price.of_impression(colour=False, sides=Sides.TWO_SIDED_LONG_EDGE) == duplex_micros
    assert price.of_impression(colour=True, sides=Sides.ONE_SIDED) == 2 * simplex_micros


@given(mono=amounts, colour=amounts, discount=st.integers(0, WHOLE_PPM))
def test_law_a_discounted_price_is_less_than_a_micro_below_the_exact_one(
    mono: Micros, colour: Micros, discount: int
) -> None:
    price = discounted_price(mono, colour, discount)

    for full, charged in (
        (mono, price.mono_duplex_micros),
        (colour, price.colour_duplex_micros),
    ):
        too_little = full * (WHOLE_PPM - discount) - charged * WHOLE_PPM
        assert 0 <= too_little < WHOLE_PPM
        assert charged <= full


@pytest.mark.parametrize("discount_ppm", [-1, WHOLE_PPM + 1])
def test_a_discount_is_a_part_of_the_whole(discount_ppm: int) -> None:
    with pytest.raises(BrokenInvariantError):
        discounted_price(Micros(1), Micros(1), discount_ppm)
