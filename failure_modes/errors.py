"""Errors of this package.

FailureModesError
├── BrokenInvariantError    our own code is wrong
├── IllegalTransitionError  a state machine was asked for a step that it does not have
└── PolicyError             configured rules that cannot be used, all problems at once

A refusal is not an error: it is a `Decision` with a reason.
"""

from collections.abc import Sequence


class FailureModesError(Exception):
    """No decision could be made. Report this together with the log."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__ or type(self).__name__)


class BrokenInvariantError(FailureModesError):
    """A rule that this code relies on does not hold. Report this; a retry does not help."""


class IllegalTransitionError(FailureModesError):
    """This cannot happen in the present state; nothing was changed."""

    def __init__(self, *, state: str, event: str) -> None:
        super().__init__(f"'{event}' cannot happen while '{state}'; nothing was changed.")
        self.state = state
        self.event = event


class PolicyError(FailureModesError):
    """The configured rules cannot be used. Correct every problem listed."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__()
        self.args = ("\n".join((*self.args, *(f"  {line}" for line in problems))),)
        self.problems = tuple(problems)


def check(condition: object, message: str) -> None:
    """Raise `BrokenInvariantError` unless `condition` is true.

    Not the `assert` statement, because `python -O` strips that one.
    """
    if not condition:
        raise BrokenInvariantError(message)
