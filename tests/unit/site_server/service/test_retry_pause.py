from __future__ import annotations

import asyncio
from random import Random

from replication.wait import AskedToWaitError, Wait
from site_server.service.retry_pause import PROMPT_FAILURES, RETRY_MAX_MS, RetryPause


def after(failures: int) -> RetryPause:
    pause = RetryPause(Random(1))
    for _ in range(failures):
        pause.failed()
    return pause


def test_pauses_grow_to_a_minute_and_no_further() -> None:
    assert 500 <= after(1).ms <= 1_000
    assert 2_000 <= after(3).ms <= 4_000
    assert RETRY_MAX_MS / 2 <= after(1_000).ms <= RETRY_MAX_MS


async def test_news_ends_the_first_pauses_only() -> None:
    moved = asyncio.Event()
    moved.set()
    pause = after(PROMPT_FAILURES)
    async with asyncio.timeout(0.4):
        await pause.wait(moved)
    pause.failed()
    waiting = asyncio.get_running_loop().create_task(pause.wait(moved))
    done, _ = await asyncio.wait([waiting], timeout=0)
    assert not done
    pause.came_up()
    async with asyncio.timeout(0.4):
        await waiting
    assert pause.is_prompt


def test_what_goes_well_is_forgotten() -> None:
    pause = after(50)
    pause.went_well()
    assert pause.is_prompt
    assert pause.ms <= 1_000


async def test_what_headquarters_asked_for_no_news_cuts_short_only_a_new_link() -> None:
    moved = asyncio.Event()
    moved.set()
    pause = RetryPause(Random(1))
    pause.failed(AskedToWaitError(Wait(seconds=600, reason="busy")))
    waiting = asyncio.get_running_loop().create_task(pause.wait(moved))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    pause.came_up()
    async with asyncio.timeout(0.4):
        await waiting
        pause.failed()
        await pause.wait(moved)
