"""Every error that `chaos` raises. The docstring of a class is its default message."""

from __future__ import annotations


class ChaosError(Exception):
    """The scenario could not be carried out."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class NotReadyError(ChaosError):
    """What was waited for did not come in time."""


class ProcessError(ChaosError):
    """A process ended by itself, or could not be started."""


class MissingToolError(ChaosError):
    """A program that this scenario runs is missing. Install the tools: make tools."""


class WanError(ChaosError):
    """The WAN in the middle did not obey."""


class UnexpectedAnswerError(ChaosError):
    """A server answered something else than the scenario needs to go on."""
