"""What a person asks for in a simulation, and what they take an answer for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from chaos.errors import ChaosError
from chaos.history import Outcome
from replication.errors import ReplicationError, StorageFullError
from site_server.causes import Cause
from site_server.errors import RefusedError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from chaos.history import Fact, Operation

T = TypeVar("T")


class NoAnswerError(ChaosError):
    """The site did not answer, or refused."""


class RefusedByIppError(ChaosError):
    """A print client was told no."""


def answer_of(task: asyncio.Task[T]) -> tuple[T | None, Outcome, str]:
    """What came of a call that is over: its result, and what the person knows of it."""
    error = task.exception()
    if error is None:
        return task.result(), Outcome.OK, ""
    if isinstance(error, RefusedError):
        return None, Outcome.REFUSED, error.reason
    if isinstance(error, RefusedByIppError):
        return None, Outcome.REFUSED, str(error)
    if isinstance(error, StorageFullError):
        return None, Outcome.REFUSED, Cause.DISK_FULL  # as the doors say it
    if isinstance(error, ReplicationError):
        return None, Outcome.UNKNOWN, str(error)
    raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for, and what of it is known whether there is an answer or not.

    `shown`: what an answer shows of jobs.
    """

    operation: Operation
    sent: dict[str, Fact] = field(default_factory=dict)
    shown: Callable[[Any], dict[str, str]] | None = None
