"""Patterns of document names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.name_patterns import (
    PATTERN_CHARS_MAX,
    STARS_MAX,
    is_pieced,
    name_patterns,
    pattern_problem,
)

texts = st.text(alphabet="abB.", max_size=8)
patterns = st.text(alphabet="abB.*", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.exe", "Setup.EXE", True),
        ("*.exe", "setup.exe.pdf", False),
        ("draft*", "Draft of a letter", True),
        ("draft*", "A draft", False),
        ("draft*", "dra", False),
        ("draft*", "dream", False),
        ("*.exe", "exe", False),
        ("Agenda", "agenda", True),
        ("agenda", "agenda 2", False),
        ("*salary*", "All SALARY tables", True),
        ("*salary*", "All tables", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*b*c", "a-c", False),
        ("a*b*c", "abc", True),
        ("ab*ba", "aba", False),  # the pieces at the ends may not share a letter
        ("*ab*ab", "ab", False),
        ("*", "a", True),
        ("**", "a", True),
        ("*.(tmp)", "x.(tmp)", True),  # brackets and dots are plain text
        ("a?c", "abc", False),
    ],
)
def test_a_star_stands_for_any_characters_and_nothing_else_is_special(
    pattern: str, name: str, matches: bool
) -> None:
    assert name_patterns([pattern]).match(name) is matches


def test_a_job_without_a_name_matches_nothing() -> None:
    assert not name_patterns(["a*", "*a", "a", "a*a", "*a*"]).match("")


def test_a_name_matches_when_any_pattern_does() -> None:
    some = name_patterns(["*.exe", "draft*", "agenda", "*salary*"])

    assert [some.match(name) for name in ("x.exe", "draft 1", "agenda", "my salary", "letter")] == [
        True,
        True,
        True,
        True,
        False,
    ]


def test_of_two_beginnings_the_shorter_one_says_it_all_in_any_order() -> None:
    for some in (["a*", "abc*"], ["abc*", "a*"], ["*c", "*abc"]):
        assert name_patterns(some).match("abc")
    assert name_patterns(["a*", "abc*"]).match("ab")


@given(some=st.lists(patterns, max_size=8), name=texts)
def test_law_matching_is_that_of_the_regular_expression_nobody_has_to_write(
    some: list[str], name: str
) -> None:
    expressions = [
        re.compile(".*".join(map(re.escape, pattern.casefold().split("*")))) for pattern in some
    ]

    expected = any(expression.fullmatch(name.casefold()) for expression in expressions)

    assert name_patterns(some).match(name) is expected


@pytest.mark.parametrize("value", ["*.exe", "a" * PATTERN_CHARS_MAX, "*a*b*c*", "a*b"])
def test_a_plain_pattern_has_no_problem(value: str) -> None:
    assert pattern_problem(value) is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", f"is not a pattern of 1 to {PATTERN_CHARS_MAX} characters"),
        ("a" * (PATTERN_CHARS_MAX + 1), "is not a pattern"),
        (7, "7 is not a pattern"),
        ("a*b*c*d*e*f", f"may have {STARS_MAX} stars"),
        ("a**b", "no two of them together"),
        ("*", "matches every document"),
    ],
)
def test_a_pattern_that_is_too_much_is_refused(value: object, problem: str) -> None:
    assert problem in str(pattern_problem(value))


@pytest.mark.parametrize(
    ("pattern", "pieced"),
    [("*.exe", False), ("draft*", False), ("agenda", False), ("*salary*", True), ("a*b", True)],
)
def test_only_stars_elsewhere_than_at_one_end_cost_time(pattern: str, pieced: bool) -> None:
    assert is_pieced(pattern) is pieced
    made = name_patterns([pattern])
    assert bool(made.inside or made.pieces) is pieced
