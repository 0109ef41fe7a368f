"""A tariff: the prices of an impression by paper size, which several printers may share.

    simple          one price for every size
    size_table      a price for each named size, and one for all other sizes
    size_category   a price for each named group of sizes, and one for all other sizes

Each price is `mono_micros` and `colour_micros`, and optionally `duplex_discount_ppm`. A size that
is not named, or that a job does not tell, costs what `other` says: a bill is never refused for
want of a row in a table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from failure_modes.pricing import WHOLE_PPM, Price, discounted_price
from failure_modes.raw_shape import (
    choice_problem,
    keys_problems,
    name_problem,
    names_problems,
    number_problem,
)
from failure_modes.rule_vocabulary import PriceModel
from failure_modes.vocabulary import Micros

SIZES_MAX: Final = 64
"""Sizes of a table or of a category; the PWG list of media that people really load is shorter."""

CATEGORIES_MAX: Final = 16
"""Categories of a tariff."""

PRICE_MAX_MICROS: Final = 10**12
"""A million units of money for one impression: enough for a plotter in any currency."""

_RATE_NEEDED: Final = ("mono_micros", "colour_micros")
_RATE_OPTIONAL: Final = ("duplex_discount_ppm",)
_TABLES: Final = {PriceModel.SIZE_TABLE: "sizes", PriceModel.SIZE_CATEGORY: "categories"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Prices by paper size; `by_size` holds each size of a category by itself."""

    model: PriceModel
    other: Price
    by_size: Mapping[str, Price] = field(default_factory=dict)

    def price(self, paper_size: str) -> Price:
        """Return the price of an impression on this paper; an empty size is one not told."""
        return self.by_size.get(paper_size, self.other)


def problems(raw: object) -> list[str]:
    """Return all that is wrong with a tariff as read from JSON."""
    if not isinstance(raw, Mapping):
        return [f"{raw!r} is not an object"]
    problem = choice_problem(raw.get("model"), list(PriceModel))
    if problem:
        return [f"model: {problem}"]
    model = PriceModel(raw["model"])
    if model is PriceModel.SIMPLE:
        return _rate_problems(raw, ("model",))
    table = _TABLES[model]
    found = keys_problems(raw, ("model", "other", table))
    if "other" in raw:
        found += [f"other: {problem}" for problem in _rate_problems(raw["other"])]
    if table in raw:
        found += [f"{table}{problem}" for problem in _table_problems(model, raw[table])]
    return found


def read(raw: Mapping[str, object]) -> Tariff:
    """Return the tariff; `raw` has no problems."""
    model = PriceModel(str(raw["model"]))
    if model is PriceModel.SIMPLE:
        return Tariff(model=model, other=_price(raw))
    return Tariff(
        model=model,
        other=_price(_object(raw["other"])),
        by_size=dict(_rows(model, _object(raw[_TABLES[model]]))),
    )


def _rows(model: PriceModel, table: Mapping[str, object]) -> Iterator[tuple[str, Price]]:
    for name, row in table.items():
        rate = _object(row)
        sizes = rate["sizes"] if model is PriceModel.SIZE_CATEGORY else [name]
        for size in sizes if isinstance(sizes, list) else []:
            yield size, _price(rate)


def _object(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, Mapping) else {}


def _price(rate: Mapping[str, object]) -> Price:
    mono, colour, discount = (
        int(str(rate.get(key, 0))) for key in (*_RATE_NEEDED, *_RATE_OPTIONAL)
    )
    return discounted_price(Micros(mono), Micros(colour), discount)


def _rate_problems(raw: object, more_keys: tuple[str, ...] = ()) -> list[str]:
    if not isinstance(raw, Mapping):
        return [f"{raw!r} is not an object"]
    found = keys_problems(raw, (*more_keys, *_RATE_NEEDED), _RATE_OPTIONAL)
    highest = {"duplex_discount_ppm": (WHOLE_PPM, "parts per million")}
    for key in (*_RATE_NEEDED, *_RATE_OPTIONAL):
        high, unit = highest.get(key, (PRICE_MAX_MICROS, "micros"))
        if key in raw and (problem := number_problem(raw[key], 0, high, unit)):
            found.append(f"{key}: {problem}")
    return found


def _table_problems(model: PriceModel, raw: object) -> list[str]:
    count_max = SIZES_MAX if model is PriceModel.SIZE_TABLE else CATEGORIES_MAX
    if not isinstance(raw, Mapping) or not 1 <= len(raw) <= count_max:
        return [f": not an object of 1 to {count_max} entries"]
    judge = _row_problems if model is PriceModel.SIZE_TABLE else _category_problems
    found = [f".{name}: {problem}" for name, row in raw.items() for problem in judge(name, row)]
    return found or _sizes_twice(model, raw)


def _row_problems(size: object, row: object) -> list[str]:
    return [*names_problems([size], 1, lower_case=True), *_rate_problems(row)]


def _category_problems(name: object, row: object) -> list[str]:
    wrong_name = name_problem(name)
    found = [wrong_name] if wrong_name else []
    found += _rate_problems(row, ("sizes",))
    if isinstance(row, Mapping) and "sizes" in row:
        wrong = names_problems(row["sizes"], SIZES_MAX, lower_case=True)
        found += [f"sizes: {problem}" for problem in wrong]
    return found


def _sizes_twice(model: PriceModel, table: Mapping[str, object]) -> list[str]:
    seen: set[str] = set()
    found: list[str] = []
    for size, _ in _rows(model, table):
        if size in seen:
            found.append(f": '{size}' stands in two categories, so it would have two prices")
        seen.add(size)
    return found
