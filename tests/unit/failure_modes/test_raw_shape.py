"""What is wrong with the shape of rules as they come from JSON."""

import pytest

from failure_modes.raw_shape import (
    NAME_CHARS_MAX,
    choice_problem,
    keys_problems,
    name_problem,
    names_problems,
    number_problem,
)


@pytest.mark.parametrize("value", [0, 5, 9])
def test_a_number_within_its_bounds_has_no_problem(value: int) -> None:
    assert number_problem(value, 0, 9, "copies") is None


@pytest.mark.parametrize("value", [-1, 10, "3", 3.0, True, None])
def test_any_other_number_is_refused_with_unit_and_bounds(value: object) -> None:
    assert number_problem(value, 0, 9, "copies") == (
        f"{value!r} is not a whole number of copies from 0 to 9"
    )


def test_a_number_may_have_no_unit() -> None:
    assert number_problem("x", 1, 2) == "'x' is not a whole number from 1 to 2"


@pytest.mark.parametrize("value", ["staff", "a b", "x" * NAME_CHARS_MAX])
def test_a_name_is_any_short_text(value: str) -> None:
    assert name_problem(value) is None


@pytest.mark.parametrize("value", ["", " staff", "staff ", "x" * (NAME_CHARS_MAX + 1), 7, None])
def test_what_is_no_name_is_refused(value: object) -> None:
    assert "is not a name of 1 to 255 characters" in str(name_problem(value))


def test_a_list_of_different_names_has_no_problem() -> None:
    assert names_problems(["a", "B"], 2) == []
    assert names_problems(["a", "b"], 2, lower_case=True) == []


@pytest.mark.parametrize("value", [[], ["a", "b", "c"], "a", None, {"a": 1}])
def test_a_list_has_its_bounds(value: object) -> None:
    (problem,) = names_problems(value, 2)

    assert problem.endswith("is not a list of 1 to 2 names")


def test_a_list_that_is_too_long_is_not_printed_in_full() -> None:
    assert names_problems(["a"] * 3, 2) == ["a list of 3 is not a list of 1 to 2 names"]


def test_all_wrong_names_come_at_once() -> None:
    assert len(names_problems(["", 7, "a"], 9)) == 2


def test_a_name_twice_and_a_capital_letter_are_both_told() -> None:
    assert names_problems(["A", "A", "b"], 9, lower_case=True) == [
        "a name stands there twice",
        "'A' is not in lower case",
        "'A' is not in lower case",
    ]


@pytest.mark.parametrize("value", ["maybe", None, ["yes"], 1])
def test_a_name_outside_a_closed_list_is_refused_with_the_list(value: object) -> None:
    assert choice_problem(value, ["yes", "no"]) == (
        f"{value!r} is not known; choose one of: yes, no"
    )


def test_a_name_of_a_closed_list_has_no_problem() -> None:
    assert choice_problem("no", ["yes", "no"]) is None


def test_missing_and_unknown_keys_come_together() -> None:
    assert keys_problems({"kind": 1, "what": 2}, ("kind", "limit"), ("scope",)) == [
        "'limit' is missing",
        "'what' is not known here; known are: kind, limit, scope",
    ]
    assert keys_problems({"kind": 1, "limit": 2, "scope": 3}, ("kind", "limit"), ("scope",)) == []
