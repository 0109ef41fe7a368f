"""One thread that writes, whatever it writes to: a queue, and group commit.

A commit costs one trip to the disk, whatever it holds; many small commits are slow, one commit of
many small pieces of work is fast. While the thread commits one batch, whatever comes waits, and is
the next. No caller hears "done" before the commit. Which piece failed, and with what, is the
store's to say: it sets `result` or `error` of each piece.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from replication.errors import StorageError, StoreClosedError

T = TypeVar("T")
Work = Callable[[Connection], T]

BATCH_WORKS_MAX: Final = 256
"""Pieces of work in one commit: bounds how long the first caller waits for the last one's work."""
QUEUE_WORKS_MAX: Final = 10_000
"""Pieces of work that may wait; beyond it `write` refuses at once instead of growing."""


@dataclass(slots=True)
class Waiting:
    """One caller's work and where its result goes."""

    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Give the caller the result, or the error."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class WriterThread:
    """Runs `commit` over batch after batch; it returns whether anything was committed.

    `on_commit` is called in the event loop, once per commit, when its transactions are on the disk,
    even where their callers have gone away meanwhile.
    """

    def __init__(
        self,
        name: str,
        commit: Callable[[Sequence[Waiting]], bool],
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        self._commit = commit
        self._on_commit = on_commit
        self._waiting: deque[Waiting] = deque()
        self._busy_in: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    @property
    def waiting(self) -> int:
        """Pieces of work that no batch has taken yet; never more than `QUEUE_WORKS_MAX`."""
        return len(self._waiting)

    async def write(self, work: Work[T]) -> T:
        """Have `work` done; its result once it is committed. Errors: those that were set for it."""
        if self._closed:
            raise StoreClosedError
        if len(self._waiting) >= QUEUE_WORKS_MAX:
            raise StorageError("Too much is waiting for this disk; try again shortly.")
        loop = asyncio.get_running_loop()
        waiting = Waiting(work=work, future=loop.create_future())
        self._waiting.append(waiting)
        if self._busy_in is not loop:
            self._next(loop)
        result: T = await waiting.future
        return result

    def close(self) -> bool:
        """Finish what waits, then end. False where that was done before."""
        if self._closed:
            return False
        self._closed = True
        self._thread.shutdown()
        while batch := self._batch():
            self._commit(batch)
        return True

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand the next batch over, if there is one and the loop can still be told."""
        batch = [] if self._closed else self._batch()
        self._busy_in = loop if batch else None
        if batch:
            committing = loop.run_in_executor(self._thread, self._commit, batch)
            committing.add_done_callback(lambda done: self._settle(loop, batch, done))

    def _settle(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: list[Waiting],
        committed: asyncio.Future[bool],
    ) -> None:
        self._next(loop)
        for waiting in batch:
            waiting.settle()
        if self._on_commit is not None and committed.result():
            self._on_commit()

    def _batch(self) -> list[Waiting]:
        count = min(len(self._waiting), BATCH_WORKS_MAX)
        return [self._waiting.popleft() for _ in range(count)]
