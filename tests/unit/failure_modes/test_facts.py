"""The questions keep their own bounds."""

from dataclasses import replace

import pytest

from failure_modes.errors import BrokenInvariantError
from failure_modes.facts import CopyFacts, ReleaseFacts
from failure_modes.pricing import PageCount, discounted_price
from failure_modes.rule_vocabulary import PriceModel
from failure_modes.tariff import Tariff
from failure_modes.vocabulary import Micros, Sides
from tests.unit.failure_modes.builders import PRICE, printer


def test_a_job_without_a_copy_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError):
        ReleaseFacts(pages=None, copies=0)


@pytest.mark.parametrize(("colour", "mono_pages", "colour_pages"), [(True, 0, 7), (False, 7, 0)])
def test_a_copy_session_costs_what_the_same_print_job_would(
    colour: bool, mono_pages: int, colour_pages: int
) -> None:
    session = CopyFacts(
        pages=7, colour=colour, sides=Sides.TWO_SIDED_LONG_EDGE, paper_size="iso_a3_297x420mm"
    )

    assert session.as_job() == ReleaseFacts(
        pages=PageCount(mono=mono_pages, colour=colour_pages),
        sides=Sides.TWO_SIDED_LONG_EDGE,
        paper_size="iso_a3_297x420mm",
    )


def test_a_copy_session_of_less_than_nothing_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError):
        CopyFacts(pages=-1, colour=False).as_job()


def test_a_printer_without_a_tariff_has_one_price_for_every_paper() -> None:
    assert printer().price_on("iso_a3_297x420mm") == PRICE


def test_a_printer_with_a_tariff_costs_what_that_says() -> None:
    dear = discounted_price(Micros(90_000), Micros(900_000), 0)
    tariff = Tariff(model=PriceModel.SIZE_TABLE, other=PRICE, by_size={"iso_a3_297x420mm": dear})
    here = replace(printer(), tariff=tariff)

    assert here.price_on("iso_a3_297x420mm") == dear
    assert here.price_on("iso_a4_210x297mm") == here.price_on("") == PRICE
