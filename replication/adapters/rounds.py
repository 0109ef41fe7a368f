"""Work whose result many may share, if it began after each of them asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class Rounds(Generic[T]):
    """Runs one round of some work at a time.

    Who asks while a round runs shares the next one, because the present one may have begun too
    early for him. An error of the kind `shared_error` is the result of its round too: nobody waits
    through the same failure one after the other.
    """

    def __init__(self, shared_error: type[Exception]) -> None:
        self._shared_error = shared_error
        self._lock = asyncio.Lock()
        self._begun = 0
        self._ended = 0
        self._result: list[T] = []
        self._error: Exception | None = None

    async def next(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of the first round that begins after this call."""
        wanted = self._begun + 1
        async with self._lock:
            if self._ended < wanted:
                await self._run(work)
            if self._error is not None:
                raise self._error.with_traceback(None)
            return self._result[0]

    async def _run(self, work: Callable[[], Awaitable[T]]) -> None:
        self._begun += 1
        number = self._begun
        try:
            self._result, self._error = [await work()], None
        except self._shared_error as error:
            self._error = error
        self._ended = number
