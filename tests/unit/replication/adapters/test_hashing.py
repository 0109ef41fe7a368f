from __future__ import annotations

import asyncio

import pytest

from replication.adapters.hashing import Hashing
from replication.errors import HashingBusyError


async def test_a_secret_is_hashed_and_compared_beside_the_loop() -> None:
    hashing = Hashing()
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        beside = tasks.create_task(count_turns())
        made = await hashing.make("1234")
        beside.cancel()

    assert await hashing.matches(made, "1234")
    assert not await hashing.matches(made, "4321")
    assert turns > 100, "the loop stood still meanwhile"


async def test_nobody_is_matched_by_nothing_after_a_real_comparison() -> None:
    assert not await Hashing().matches(None, "1234")


async def test_who_finds_no_room_to_wait_is_told_at_once_and_the_others_go_on() -> None:
    hashing = Hashing(at_once=1, waiting_max=1)

    async with asyncio.TaskGroup() as tasks:
        first, second = (tasks.create_task(hashing.make(pin)) for pin in ("1111", "2222"))
        await asyncio.sleep(0)
        with pytest.raises(HashingBusyError):
            await hashing.make("3333")

    assert first.result() != second.result()
    assert await hashing.make("3333")
