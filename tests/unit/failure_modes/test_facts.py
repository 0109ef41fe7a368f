"""The questions keep their own bounds."""

import pytest

from failure_modes.errors import BrokenInvariantError
from failure_modes.facts import CopyFacts, ReleaseFacts
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Sides


def test_a_job_without_a_copy_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError):
        ReleaseFacts(pages=None, copies=0)


@pytest.mark.parametrize(("colour", "mono_pages", "colour_pages"), [(True, 0, 7), (False, 7, 0)])
def test_a_copy_session_costs_what_the_same_print_job_would(
    colour: bool, mono_pages: int, colour_pages: int
) -> None:
    session = CopyFacts(pages=7, colour=colour, sides=Sides.TWO_SIDED_LONG_EDGE)

    assert session.as_job() == ReleaseFacts(
        pages=PageCount(mono=mono_pages, colour=colour_pages), sides=Sides.TWO_SIDED_LONG_EDGE
    )


def test_a_copy_session_of_less_than_nothing_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError):
        CopyFacts(pages=-1, colour=False).as_job()
