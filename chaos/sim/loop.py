"""The event loop of a simulation: virtual time, no threads, and processes that can die.

Theory of operation
-------------------
asyncio asks its selector to wait until the next timer is due. Here nobody waits: the clock goes on
by that time at once. So a simulated day takes as long as its work takes, and the order of all
events depends on nothing but the program and its seed.

What would go to a thread (a commit, a file) is done in the loop, at a moment of its own: some time
after it was asked for, and some time before the answer is heard. Between the two a process may die
with its work done and nobody told. Both times come from `disk_us`.

A `Life` is one run of one simulated process. Every task and callback belongs to the life in whose
context it was started. Death is what a kill is: nothing of that life runs again, no `finally`, no
farewell. The tasks are kept, for a coroutine that is thrown away runs its `finally` after all.

Sets of tasks are walked in the order of their hashes. Tasks here are numbered, so that this order
is the same in each run.

Rejected: the simulated time as a port of every service. They wait by asyncio's own means, as they
should, and would have to be written twice.
"""

from __future__ import annotations

import asyncio
import selectors
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping

T = TypeVar("T")

MICROSECOND_S: Final = 1e-6


class DeadlockError(ChaosError):
    """Everybody in the simulation waits for somebody else, and no timer is set."""


@dataclass(eq=False, slots=True)
class Life:
    """One run of one process, named for a reader."""

    name: str
    is_alive: bool = True
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def end(self) -> None:
        """Nothing of it runs again."""
        self.is_alive = False


LIFE: Final[ContextVar[Life | None]] = ContextVar("life", default=None)
"""The process to which whatever runs now belongs; None: the simulation itself."""


class NumberedTask(asyncio.Task[T]):
    """A task whose hash is its number."""

    def __init__(
        self,
        work: Coroutine[Any, Any, T],
        number: int,
        **options: Any,  # noqa: ANN401
    ) -> None:
        self._number = number
        self.life: Life | None = None
        super().__init__(work, **options)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class _NobodyWaits(selectors.DefaultSelector):
    """Passes the time instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Nothing ever arrives from outside."""
        if timeout is None:
            raise DeadlockError
        if timeout > 0:
            self.now_s += timeout + MICROSECOND_S
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`disk_us` says, for each piece of work of a thread, how long it takes before and after."""

    def __init__(self, disk_us: Callable[[], tuple[int, int]]) -> None:
        self._time = _NobodyWaits()
        super().__init__(self._time)
        self._disk_us = disk_us
        numbers = count(1)
        self.set_task_factory(partial(_numbered, numbers))
        self.set_exception_handler(self._heard)
        self.unhandled: list[Mapping[str, Any]] = []
        """What nobody caught: a simulation in which this happens has failed."""

    def time(self) -> float:
        """Seconds since the simulation began."""
        return self._time.now_s

    def call_soon(  # type: ignore[override]
        self,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> asyncio.Handle:
        """As asyncio's, if the process still lives then."""
        life = _life_of(context)
        if life is None:
            return super().call_soon(callback, *args, context=context)
        return super().call_soon(_if_alive, life, callback, args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio's, if the process still lives then."""
        life = _life_of(context)
        if life is None:
            return super().call_at(when, callback, *args, context=context)
        return super().call_at(when, _if_alive, life, callback, args, context=context)

    def run_in_executor(  # type: ignore[override]
        self,
        executor: object,
        func: Callable[..., T],
        *args: Any,  # noqa: ANN401
    ) -> asyncio.Future[T]:
        """Do it here, after a while; the answer is heard another while later."""
        del executor
        future: asyncio.Future[T] = self.create_future()
        before_us, after_us = self._disk_us()

        def do() -> None:
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller hears it
                self.call_later(after_us * MICROSECOND_S, _fail, future, error)
            else:
                self.call_later(after_us * MICROSECOND_S, _succeed, future, result)

        self.call_later(before_us * MICROSECOND_S, do)
        return future

    async def sendfile(  # type: ignore[override]
        self, transport: asyncio.WriteTransport, file: IO[bytes], offset: int, count: int
    ) -> int:
        """What a kernel does with the bytes of a file."""
        file.seek(offset)
        data = file.read(count)
        transport.write(data)
        return len(data)

    def start(self, life: Life, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run `work` as the main task of that process."""
        context = copy_context()
        context.run(LIFE.set, life)
        return self.create_task(work, name=name, context=context)

    def _heard(self, _loop: asyncio.AbstractEventLoop, what: Mapping[str, Any]) -> None:
        failed = what.get("future")
        if isinstance(failed, NumberedTask) and failed.life and not failed.life.is_alive:
            return  # who would have heard of it died before it could
        self.unhandled.append(dict(what))


def _numbered(
    numbers: Iterator[int],
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, T] | Generator[Any, None, T],
    **options: Any,  # noqa: ANN401
) -> asyncio.Task[T]:
    task: NumberedTask[T] = NumberedTask(work, next(numbers), loop=loop, **options)  # type: ignore[arg-type]
    life = _life_of(options.get("context"))
    task.life = life
    if life is not None:
        life.tasks.append(task)
        task.add_done_callback(life.tasks.remove)
    return task


def _life_of(context: Context | None) -> Life | None:
    return LIFE.get() if context is None else context.get(LIFE)


def _if_alive(life: Life, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
    if life.is_alive:
        callback(*args)


def _succeed(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
