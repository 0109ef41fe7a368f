"""One thread that writes, whatever it writes to: a queue, and group commit.

A commit costs one trip to the disk, whatever it holds; many small commits are slow, one commit of
many small pieces of work is fast. The thread takes whatever waits and hands it over as one batch;
the store commits it once. No caller hears "done" before that. Which piece failed, and with what, is
the store's to say: it sets `result` or `error` of each piece.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
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
    loop: asyncio.AbstractEventLoop
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
        self._queue: queue.Queue[Waiting | None] = queue.Queue(QUEUE_WORKS_MAX)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def write(self, work: Work[T]) -> T:
        """Have `work` done; its result once it is committed. Errors: those that were set for it."""
        if self._closed:
            raise StoreClosedError
        loop = asyncio.get_running_loop()
        waiting = Waiting(work=work, loop=loop, future=loop.create_future())
        try:
            self._queue.put_nowait(waiting)
        except queue.Full as error:
            raise StorageError("Too much is waiting for this disk; try again shortly.") from error
        result: T = await waiting.future
        return result

    def close(self) -> bool:
        """Finish what waits, then end. False where that was done before."""
        if self._closed:
            return False
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        return True

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._next_batch()
            if batch:
                tell = self._on_commit if self._commit(batch) else None
                for loop in {waiting.loop for waiting in batch}:
                    _settle_in(loop, [waiting for waiting in batch if waiting.loop is loop], tell)

    def _next_batch(self) -> tuple[list[Waiting], bool]:
        batch: list[Waiting] = []
        waiting = self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if len(batch) >= BATCH_WORKS_MAX:
                return batch, True
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False


def _settle_in(
    loop: asyncio.AbstractEventLoop, batch: list[Waiting], tell: Callable[[], None] | None
) -> None:
    def settle() -> None:
        for waiting in batch:
            waiting.settle()
        if tell is not None:
            tell()

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)
