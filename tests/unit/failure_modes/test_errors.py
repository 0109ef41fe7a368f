"""What errors say."""

import pytest

from failure_modes.errors import (
    BrokenInvariantError,
    FailureModesError,
    IllegalTransitionError,
    PolicyError,
    check,
)


def test_the_docstring_is_the_default_message() -> None:
    assert str(FailureModesError()) == FailureModesError.__doc__


def test_a_message_replaces_the_default_one() -> None:
    assert str(FailureModesError("two beats")) == "two beats"


def test_an_error_without_a_docstring_says_at_least_its_name() -> None:
    class BareError(FailureModesError):
        __doc__ = None

    assert str(BareError()) == "BareError"


def test_a_true_condition_passes_a_check() -> None:
    check(1 + 1 == 2, "arithmetic")


def test_a_false_condition_breaks_a_check_and_says_which() -> None:
    with pytest.raises(BrokenInvariantError, match="time went back"):
        check([], "time went back")


def test_an_illegal_transition_carries_its_state_and_event() -> None:
    error = IllegalTransitionError(state="printed", event="released")

    assert (error.state, error.event) == ("printed", "released")
    assert str(error) == "'released' cannot happen while 'printed'; nothing was changed."


def test_a_policy_error_lists_every_problem() -> None:
    error = PolicyError(["pages_max: too low", "credit: not known"])

    assert error.problems == ("pages_max: too low", "credit: not known")
    assert str(error).splitlines() == [
        PolicyError.__doc__,
        "  pages_max: too low",
        "  credit: not known",
    ]
