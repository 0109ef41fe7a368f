"""Prices by paper size."""

import pytest

from failure_modes.pricing import Price
from failure_modes.rule_vocabulary import PriceModel
from failure_modes.tariff import CATEGORIES_MAX, PRICE_MAX_MICROS, SIZES_MAX, problems, read
from failure_modes.vocabulary import Micros
from tests.unit.failure_modes.rule_builders import A3, A4

RATE = {"mono_micros": 50_000, "colour_micros": 200_000}
BIG = {"mono_micros": 90_000, "colour_micros": 300_000, "duplex_discount_ppm": 100_000}
SIMPLE: dict[str, object] = {"model": "simple", **RATE}
TABLE: dict[str, object] = {"model": "size_table", "other": RATE, "sizes": {A3: BIG}}
CATEGORY: dict[str, object] = {
    "model": "size_category",
    "other": RATE,
    "categories": {"large": {**BIG, "sizes": [A3, "na_ledger_11x17in"]}},
}
SMALL_PRICE = Price(
    mono_simplex_micros=Micros(50_000),
    mono_duplex_micros=Micros(50_000),
    colour_simplex_micros=Micros(200_000),
    colour_duplex_micros=Micros(200_000),
)
BIG_PRICE = Price(
    mono_simplex_micros=Micros(90_000),
    mono_duplex_micros=Micros(81_000),
    colour_simplex_micros=Micros(300_000),
    colour_duplex_micros=Micros(270_000),
)


@pytest.mark.parametrize(
    ("raw", "size", "price"),
    [
        (SIMPLE, A4, SMALL_PRICE),
        (SIMPLE, "", SMALL_PRICE),
        (TABLE, A3, BIG_PRICE),
        (TABLE, A4, SMALL_PRICE),
        (TABLE, "", SMALL_PRICE),
        (CATEGORY, A3, BIG_PRICE),
        (CATEGORY, "na_ledger_11x17in", BIG_PRICE),
        (CATEGORY, A4, SMALL_PRICE),
        (CATEGORY, "large", SMALL_PRICE),
    ],
)
def test_an_impression_costs_what_the_model_says_of_its_paper(
    raw: dict[str, object], size: str, price: Price
) -> None:
    assert problems(raw) == []
    assert read(raw).price(size) == price


def test_the_model_is_kept() -> None:
    assert [read(raw).model for raw in (SIMPLE, TABLE, CATEGORY)] == list(PriceModel)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (7, "7 is not an object"),
        ({}, "model: None is not known; choose one of: simple,"),
        ({"model": "area"}, "model: 'area' is not known"),
        ({"model": "simple", "mono_micros": 1}, "'colour_micros' is missing"),
        ({**SIMPLE, "mono_micros": -1}, "mono_micros: -1 is not a whole number of micros"),
        ({**SIMPLE, "mono_micros": PRICE_MAX_MICROS + 1}, "mono_micros: 1000000000001 is not"),
        ({**SIMPLE, "duplex_discount_ppm": 1_000_001}, "duplex_discount_ppm: 1000001 is not"),
        ({**SIMPLE, "sizes": {}}, "'sizes' is not known here"),
        ({"model": "size_table", "sizes": {A3: BIG}}, "'other' is missing"),
        ({"model": "size_table", "other": RATE}, "'sizes' is missing"),
        ({**TABLE, "other": 5}, "other: 5 is not an object"),
        ({**TABLE, "sizes": {}}, f"sizes: not an object of 1 to {SIZES_MAX} entries"),
        ({**TABLE, "sizes": [A3]}, "sizes: not an object of 1 to"),
        ({**TABLE, "sizes": {"A3": BIG}}, "sizes.A3: 'A3' is not in lower case"),
        ({**TABLE, "sizes": {A3: None}}, f"sizes.{A3}: None is not an object"),
        ({**CATEGORY, "categories": {}}, f"categories: not an object of 1 to {CATEGORIES_MAX}"),
        ({**CATEGORY, "categories": {"big": 5}}, "categories.big: 5 is not an object"),
        ({**CATEGORY, "categories": {"big": BIG}}, "categories.big: 'sizes' is missing"),
        (
            {**CATEGORY, "categories": {"": {**BIG, "sizes": [A3]}}},
            "categories.: '' is not a name",
        ),
        (
            {**CATEGORY, "categories": {"big": {**BIG, "sizes": []}}},
            "categories.big: sizes: a list of 0 is not a list",
        ),
        (
            {
                **CATEGORY,
                "categories": {"big": {**BIG, "sizes": [A3]}, "wide": {**BIG, "sizes": [A3]}},
            },
            f"categories: '{A3}' stands in two categories",
        ),
    ],
)
def test_each_mistake_is_told_with_its_place(raw: object, problem: str) -> None:
    (found,) = problems(raw)

    assert found.startswith(problem)


def test_all_mistakes_come_at_once() -> None:
    raw = {
        "model": "size_table",
        "other": {"mono_micros": "1"},
        "sizes": {A3: {"mono_micros": 1}, "A4": RATE},
        "area": 1,
    }

    assert len(problems(raw)) == 5
