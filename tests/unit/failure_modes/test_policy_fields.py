"""Each kind of field says what may stand there, finds what may not, and reads the rest."""

import pytest

from failure_modes.opening_hours import OpeningHours
from failure_modes.policy import FIELDS
from failure_modes.policy_fields import Choice, Flag, Hours, Name, PaperSize, Range, Rules
from failure_modes.vocabulary import Layer, Sides

SIDES = Choice(kind=Sides)
COPIES = Range(low=1, high=9, unit="copies")
RULES = Rules(
    range_text="a list of marks",
    find_problems=lambda value: [] if isinstance(value, list) else ["no list"],
    read_all=lambda value, layer: tuple((each, layer) for each in value),
)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_of_a_policy_says_what_may_stand_there(name: str) -> None:
    assert FIELDS[name].range_text


def test_a_choice_lists_its_words_and_reads_them() -> None:
    assert SIDES.range_text == "`one-sided`, `two-sided-long-edge`, `two-sided-short-edge`"
    assert SIDES.problems("one-sided") == []
    assert SIDES.read("one-sided", Layer.SITE) is Sides.ONE_SIDED
    assert len(SIDES.problems("three-sided")) == 1


def test_a_range_names_its_bounds_and_unit() -> None:
    assert COPIES.range_text == "1 to 9 copies"
    assert (COPIES.problems(1), COPIES.problems(9)) == ([], [])
    assert len(COPIES.problems(10)) == 1
    assert COPIES.read(3, Layer.SITE) == 3


def test_a_name_is_a_text_that_is_not_empty() -> None:
    assert Name().range_text == "a name"
    assert Name().problems("Offline Account") == []
    assert Name().read("Offline Account", Layer.SITE) == "Offline Account"
    assert len(Name().problems("")) == 1


def test_a_flag_is_on_or_off_and_no_number() -> None:
    assert Flag().range_text == "true or false"
    assert (Flag().problems(True), Flag().problems(False)) == ([], [])
    assert Flag().read(True, Layer.SITE) is True
    assert len(Flag().problems(1)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "iso_a4_210x297mm",
        "na_letter_8.5x11in",
        "jpn_photo-2l_127x177.8mm",
        "custom_label_0.5x10in",
    ],
)
def test_a_paper_size_is_empty_or_a_self_describing_media_name(name: str) -> None:
    assert PaperSize().problems(name) == []
    assert PaperSize().read(name, Layer.SITE) == name


@pytest.mark.parametrize(
    "name", ["A4", "iso_a4", "iso_A4_210x297mm", "iso_a4_210x297", "iso_a4_0210x297mm", " ", 4]
)
def test_another_name_of_a_paper_size_is_refused_with_an_example(name: object) -> None:
    (problem,) = PaperSize().problems(name)
    assert "iso_a4_210x297mm" in PaperSize().range_text
    assert repr(name) in problem


def test_hours_are_read_as_hours() -> None:
    monday = [{"days": ["mon"], "from": "00:00", "to": "01:00"}]

    assert Hours().problems(monday) == []
    assert Hours().read(monday, Layer.SITE) == OpeningHours(firsts=(0,), ends=(60,))
    assert Hours().problems(7)


def test_a_list_of_rules_knows_the_layer_that_set_it() -> None:
    assert (RULES.problems([]), RULES.problems(3)) == ([], ["no list"])
    assert RULES.read(["a"], Layer.PRINTER) == (("a", Layer.PRINTER),)
