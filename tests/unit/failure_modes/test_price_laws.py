"""Laws of prices, whatever price list is in force."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from failure_modes import price_list
from failure_modes.pricing import PageCount, cost_micros
from failure_modes.vocabulary import Sides

SIZES = ["a3", "a4", "a5"]

rates = st.fixed_dictionaries(
    {"mono_micros": st.integers(0, 10**12), "colour_micros": st.integers(0, 10**12)},
    optional={"duplex_discount_ppm": st.integers(0, 10**6)},
)


def _category(rate: dict[str, Any], sizes: list[str]) -> dict[str, Any]:
    return {**rate, "sizes": sizes}


tariffs: st.SearchStrategy[dict[str, Any]] = st.one_of(
    rates.map(lambda rate: {"model": "simple", **rate}),
    st.fixed_dictionaries(
        {
            "model": st.just("size_table"),
            "other": rates,
            "sizes": st.dictionaries(st.sampled_from(SIZES), rates, min_size=1),
        }
    ),
    st.fixed_dictionaries(
        {
            "model": st.just("size_category"),
            "other": rates,
            "categories": st.fixed_dictionaries(
                {"big": st.builds(_category, rates, st.just(["a3"]))},
                optional={"small": st.builds(_category, rates, st.just(["a5", "a4"]))},
            ),
        }
    ),
)
counts = st.builds(PageCount, mono=st.integers(0, 500), colour=st.integers(0, 500))


@given(
    raw=tariffs,
    both=st.tuples(counts, counts),
    copies=st.integers(1, 9),
    on=st.sampled_from(Sides),
    size=st.sampled_from(["", *SIZES]),
)
def test_law_under_any_tariff_a_price_is_additive_over_pages_and_never_negative(
    raw: dict[str, Any], both: tuple[PageCount, PageCount], copies: int, on: Sides, size: str
) -> None:
    one, other = both
    body = {"version": 1, "valid_from_ms": 0, "tariffs": {"office": raw}, "default": "office"}
    assert price_list.problems(body) == []
    price = price_list.read(body).tariff_of("hall").price(size)
    together = PageCount(mono=one.mono + other.mono, colour=one.colour + other.colour)

    parts = [cost_micros(pages, copies, on, price) for pages in both]

    assert cost_micros(together, copies, on, price) == sum(parts)
    assert min(parts) >= 0


@given(raw=tariffs, data=st.data())
def test_law_the_order_of_rows_and_categories_never_matters(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            names = data.draw(st.permutations(list(value)))
            return {name: shuffled(value[name]) for name in names}
        return data.draw(st.permutations(value)) if isinstance(value, list) else value

    body = {"version": 1, "valid_from_ms": 0, "tariffs": {"office": raw}, "default": "office"}
    other = shuffled(body)
    assert isinstance(other, dict)

    assert price_list.read(body) == price_list.read(other)
