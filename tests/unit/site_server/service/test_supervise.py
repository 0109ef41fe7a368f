"""An error ends one piece of work, never the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from replication.testing import ManualClock
from site_server.service.supervise import PAUSE_MS_MIN, Supervisor

if TYPE_CHECKING:
    import pytest


class Pauses:
    """Remembers pauses; the last one of `last` never ends."""

    def __init__(self, last: int) -> None:
        self.asked_ms: list[int] = []
        self._last = last

    async def __call__(self, ms: int) -> None:
        self.asked_ms.append(ms)
        if len(self.asked_ms) >= self._last:
            await asyncio.Event().wait()


async def _fail() -> None:
    raise ValueError("a bug")


async def test_a_task_that_fails_starts_again_after_growing_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pauses = Pauses(last=4)
    async with asyncio.TaskGroup() as tasks:
        Supervisor(tasks, ManualClock(), pauses).keep("it", _fail)
        await _let_run()
        _cancel_others()
    assert pauses.asked_ms == [PAUSE_MS_MIN * 2**n for n in range(4)]
    assert caplog.text.count("ValueError: a bug") == 4


async def test_a_task_that_ran_for_long_starts_again_at_once() -> None:
    clock, pauses = ManualClock(), Pauses(last=3)

    async def run_long() -> None:
        clock.advance(3_600_000)

    async with asyncio.TaskGroup() as tasks:
        Supervisor(tasks, clock, pauses).keep("it", run_long)
        await _let_run()
        _cancel_others()
    assert pauses.asked_ms == [PAUSE_MS_MIN] * 3


async def test_work_that_fails_is_repaired_until_that_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempts = 0

    async def repair() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise ValueError("still broken")

    async with asyncio.TaskGroup() as tasks:
        Supervisor(tasks, ManualClock(), Pauses(last=9)).spawn("it", _fail, repair)
    assert attempts == 3
    assert "a bug" in caplog.text


async def test_a_retry_says_once_what_is_in_the_way(caplog: pytest.LogCaptureFixture) -> None:
    troubles = ["full", "full", "busy", ""]

    async def attempt() -> str:
        return troubles.pop(0)

    caplog.set_level("INFO")
    pauses = Pauses(last=9)
    async with asyncio.TaskGroup() as tasks:
        await Supervisor(tasks, ManualClock(), pauses).retry("it", attempt)
    assert [record.message for record in caplog.records] == [
        "it waits: full",
        "it waits: busy",
        "it goes on",
    ]
    assert len(pauses.asked_ms) == 3


async def test_a_cancelled_task_is_not_started_again() -> None:
    started = 0

    async def wait() -> None:
        nonlocal started
        started += 1
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        Supervisor(tasks, ManualClock(), Pauses(last=9)).keep("it", wait)
        await _let_run()
        _cancel_others()
    assert started == 1


async def _let_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _cancel_others() -> None:
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
