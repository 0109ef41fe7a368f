"""The loop of a simulation: time that passes at once, and processes that die."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from chaos.sim.loop import DeadlockError, Life, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

T = TypeVar("T")


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop(lambda: (1_000, 500))
    yield loop
    loop.close()


def run(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    return loop.run_until_complete(work)


def test_a_day_passes_at_once(loop: VirtualLoop) -> None:
    run(loop, asyncio.sleep(86_400))
    assert 86_400 <= loop.time() < 86_401


def test_what_a_thread_would_do_takes_its_time_before_and_after(loop: VirtualLoop) -> None:
    done_s: list[float] = []

    async def work() -> float:
        await asyncio.to_thread(lambda: done_s.append(loop.time()))
        return loop.time()

    heard_s = run(loop, work())
    assert done_s == [pytest.approx(0.001, abs=1e-4)]
    assert heard_s == pytest.approx(0.0015, abs=1e-4)


def test_an_error_in_a_thread_is_heard_by_the_caller(loop: VirtualLoop) -> None:
    def fail() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        run(loop, asyncio.to_thread(fail))


def test_nothing_of_a_dead_process_runs_again_not_even_its_finally(loop: VirtualLoop) -> None:
    life, seen = Life("oslo"), []

    async def process() -> None:
        try:
            while True:
                await asyncio.sleep(1)
                seen.append("a second")
        finally:
            seen.append("finally")

    async def story() -> None:
        task = loop.start(life, process(), "oslo")
        await asyncio.sleep(2.5)
        life.end()
        task.cancel()
        await asyncio.sleep(10)

    run(loop, story())
    assert seen == ["a second", "a second"]
    for task in life.tasks:  # it lies there until the process of the test ends
        task.get_coro().close()


def test_what_a_process_starts_dies_with_it(loop: VirtualLoop) -> None:
    life, seen = Life("oslo"), []

    async def process() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(5)).add_done_callback(lambda _: seen.append("child"))
            await asyncio.to_thread(lambda: seen.append("disk"))

    async def story() -> None:
        loop.start(life, process(), "oslo")
        await asyncio.sleep(1)
        life.end()
        await asyncio.sleep(10)

    run(loop, story())
    assert seen == ["disk"]


def test_work_is_done_and_nobody_told_where_the_process_dies_in_between(loop: VirtualLoop) -> None:
    life, seen = Life("oslo"), []

    async def process() -> None:
        await asyncio.to_thread(lambda: seen.append("on the disk"))
        seen.append("told")

    async def story() -> None:
        loop.start(life, process(), "oslo")
        await asyncio.sleep(0.0012)
        life.end()
        await asyncio.sleep(1)

    run(loop, story())
    assert seen == ["on the disk"]


def test_who_waits_for_nothing_is_told(loop: VirtualLoop) -> None:
    with pytest.raises(DeadlockError):
        run(loop, asyncio.Event().wait())


def test_what_nobody_caught_is_kept(loop: VirtualLoop) -> None:
    async def story() -> None:
        loop.call_later(1, lambda: 1 // 0)
        await asyncio.sleep(2)

    run(loop, story())
    assert [type(each["exception"]) for each in loop.unhandled] == [ZeroDivisionError]


def test_tasks_stand_in_sets_in_the_order_of_their_beginning(loop: VirtualLoop) -> None:
    async def story() -> list[str]:
        tasks = {loop.create_task(asyncio.sleep(1), name=str(number)) for number in range(5)}
        await asyncio.wait(tasks)
        return [task.get_name() for task in sorted(tasks, key=hash)]

    assert run(loop, story()) == ["0", "1", "2", "3", "4"]


def test_what_fails_in_the_moment_of_death_is_nobodys_news(loop: VirtualLoop) -> None:
    life = Life("oslo")

    async def fail() -> None:
        life.end()
        raise OSError("disk")

    async def process() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())

    async def story() -> None:
        loop.start(life, process(), "oslo")
        await asyncio.sleep(10)

    run(loop, story())
    gc.collect()
    assert loop.unhandled == []
    for task in life.tasks:
        task.get_coro().close()
