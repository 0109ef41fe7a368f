"""Price lists and the time in which they are in force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.price_list import (
    LISTS_MAX,
    PRINTERS_MAX,
    TARIFFS_MAX,
    PriceList,
    lists_problems,
    price_list_at,
    price_of,
    problems,
    read,
)
from failure_modes.vocabulary import Sides, WallMs
from tests.unit.failure_modes.rule_builders import A3, A4

OFFICE: dict[str, object] = {"model": "simple", "mono_micros": 50_000, "colour_micros": 200_000}
STUDIO: dict[str, object] = {
    "model": "size_table",
    "other": {"mono_micros": 60_000, "colour_micros": 300_000, "duplex_discount_ppm": 500_000},
    "sizes": {A3: {"mono_micros": 120_000, "colour_micros": 600_000}},
}
RAW: dict[str, object] = {
    "version": 3,
    "valid_from_ms": 1_000,
    "tariffs": {"office": OFFICE, "studio": STUDIO},
    "default": "office",
    "printers": {"plotter": "studio"},
}


def beginning(version: int, valid_from_ms: int) -> dict[str, object]:
    return {**RAW, "version": version, "valid_from_ms": valid_from_ms}


@pytest.mark.parametrize(
    ("printer", "size", "colour", "sides", "expected_micros"),
    [
        ("hall", A4, False, Sides.ONE_SIDED, 50_000),
        ("hall", A3, True, Sides.TWO_SIDED_LONG_EDGE, 200_000),
        ("plotter", A4, True, Sides.ONE_SIDED, 300_000),
        ("plotter", "", True, Sides.TWO_SIDED_SHORT_EDGE, 150_000),
        ("plotter", A3, False, Sides.ONE_SIDED, 120_000),
        ("plotter", A3, True, Sides.TWO_SIDED_LONG_EDGE, 600_000),
    ],
)
def test_an_impression_costs_what_the_tariff_of_the_printer_says(
    printer: str, size: str, colour: bool, sides: Sides, expected_micros: int
) -> None:
    assert problems(RAW) == []

    price = price_of(read(RAW), printer, size, colour=colour, sides=sides)

    assert price == expected_micros


def test_a_list_without_printers_has_one_tariff_for_all() -> None:
    raw = {**RAW, "tariffs": {"office": OFFICE}}
    del raw["printers"]

    assert problems(raw) == []
    assert read(raw).tariff_of("any") == read(raw).tariffs["office"]


@pytest.mark.parametrize(
    ("wall_ms", "version"),
    [(999, None), (1_000, 1), (4_999, 1), (5_000, 2), (8_999, 2), (9_000, 3), (10**12, 3)],
)
def test_a_late_upload_is_priced_by_the_list_in_force_when_it_was_printed(
    wall_ms: int, version: int | None
) -> None:
    lists = [read(beginning(3, 9_000)), read(beginning(1, 1_000)), read(beginning(2, 5_000))]

    found = price_list_at(lists, WallMs(wall_ms))

    assert (found.version if found else None) == version


def test_without_lists_there_is_none_in_force() -> None:
    assert price_list_at([], WallMs(0)) is None


@given(
    begins=st.lists(st.integers(0, 50), max_size=6),
    shuffled=st.data(),
    wall_ms=st.integers(0, 60).map(WallMs),
)
def test_law_the_order_of_lists_changes_nothing(
    begins: list[int], shuffled: st.DataObject, wall_ms: WallMs
) -> None:
    lists = [read(beginning(place, begin)) for place, begin in enumerate(begins)]
    other: list[PriceList] = shuffled.draw(st.permutations(lists))

    assert price_list_at(lists, wall_ms) == price_list_at(other, wall_ms)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (7, "7 is not an object"),
        ({key: RAW[key] for key in RAW if key != "tariffs"}, "'tariffs' is missing"),
        ({**RAW, "version": 0}, "version: 0 is not a whole number from 1 to"),
        ({**RAW, "valid_from_ms": -1}, "valid_from_ms: -1 is not a whole number of ms"),
        ({**RAW, "valid_from_ms": 10**18}, "valid_from_ms: 1000000000000000000 is not"),
        ({**RAW, "currency": "EUR"}, "'currency' is not known here"),
        ({**RAW, "tariffs": {}}, f"tariffs: not an object of 1 to {TARIFFS_MAX} tariffs"),
        ({**RAW, "tariffs": {"": OFFICE}}, "tariffs: '' is not a name"),
        ({**RAW, "tariffs": {"office": 5}}, "tariffs.office: 5 is not an object"),
        ({**RAW, "printers": []}, f"printers: not an object of at most {PRINTERS_MAX} printers"),
        ({**RAW, "printers": {" x": "studio"}}, "printers: ' x' is not a name"),
        (
            {**RAW, "printers": {"plotter": "studio", "hall": "hall"}},
            "printers.hall: there is no tariff 'hall'; known are: office, studio",
        ),
        (
            {**RAW, "printers": {"plotter": "studio", "hall": ["office"]}},
            "printers.hall: there is no tariff ['office']",
        ),
        ({**RAW, "default": "studio"}, "tariffs.office: no printer has this tariff"),
    ],
)
def test_each_mistake_is_told_with_its_place(raw: object, problem: str) -> None:
    (found,) = problems(raw)

    assert found.startswith(problem)


def test_all_mistakes_come_at_once() -> None:
    assert problems({"tariffs": {}, "printers": 5, "version": "3"}) == [
        "'valid_from_ms' is missing",
        "'default' is missing",
        "version: '3' is not a whole number from 1 to 1000000000",
        "tariffs: not an object of 1 to 64 tariffs",
        "printers: not an object of at most 10000 printers",
    ]


def test_an_unknown_default_and_the_tariffs_that_nobody_has_are_told_together() -> None:
    raw = {**RAW, "default": "home", "printers": {}}

    assert [found.split(":")[0] for found in problems(raw)] == [
        "default",
        "tariffs.office",
        "tariffs.studio",
    ]


def test_lists_that_follow_each_other_have_no_problem() -> None:
    assert lists_problems([beginning(2, 5_000), beginning(1, 1_000)]) == []
    assert lists_problems([]) == []


@pytest.mark.parametrize("raw", [None, {}, [RAW] * (LISTS_MAX + 1)])
def test_what_is_no_list_or_too_long_is_refused(raw: object) -> None:
    assert lists_problems(raw) == [f"not a list of at most {LISTS_MAX} price lists"]


def test_a_mistake_in_one_of_many_lists_is_told_with_its_place() -> None:
    assert lists_problems([beginning(1, 1_000), beginning(0, 5_000)]) == [
        "[1] version: 0 is not a whole number from 1 to 1000000000"
    ]


@pytest.mark.parametrize("later", [beginning(1, 2_000), beginning(2, 1_000), beginning(2, 500)])
def test_a_newer_list_begins_later(later: dict[str, object]) -> None:
    (found,) = lists_problems([beginning(1, 1_000), later])

    assert "must be higher and begin later than version 1" in found
