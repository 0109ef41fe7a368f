"""Beats that share one trip through the writers."""

import asyncio

import pytest

from primary.service.shared_beat import SharedBeat
from replication.errors import StorageFullError


class Trips:
    """Trips that take as long as the test wants."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.may_end = asyncio.Event()
        self.error: Exception | None = None
        self.began = asyncio.Event()

    async def go(self) -> None:
        self.begun += 1
        self.began.set()
        await self.may_end.wait()
        self.ended += 1
        if self.error is not None:
            raise self.error


async def test_a_thousand_beats_at_once_are_one_trip() -> None:
    trips = Trips()
    trips.may_end.set()
    shared = SharedBeat(trips.go)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(1_000):
            group.create_task(shared.beat())

    assert trips.begun == 1


async def test_who_comes_while_a_trip_is_under_way_waits_for_the_next() -> None:
    trips = Trips()
    shared = SharedBeat(trips.go)
    ended_at: list[int] = []

    async def late() -> None:
        await shared.beat()
        ended_at.append(trips.ended)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(shared.beat())
        await trips.began.wait()
        group.create_task(late())
        group.create_task(late())
        trips.may_end.set()

    assert ended_at == [2, 2]
    assert trips.begun == 2


async def test_what_goes_wrong_everybody_hears_and_the_next_trip_is_a_new_one() -> None:
    trips = Trips()
    trips.may_end.set()
    trips.error = StorageFullError()
    shared = SharedBeat(trips.go)
    heard: list[Exception] = []

    async def hear() -> None:
        try:
            await shared.beat()
        except StorageFullError as error:
            heard.append(error)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(hear())
    trips.error = None
    await shared.beat()

    assert (len(heard), trips.begun) == (5, 2)


async def test_a_leader_that_goes_away_takes_nobody_along() -> None:
    trips = Trips()
    shared = SharedBeat(trips.go)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        leader = group.create_task(shared.beat())
        follower = group.create_task(shared.beat())
        await asyncio.sleep(0)
        await trips.began.wait()
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        trips.may_end.set()
        await follower

    assert trips.ended == 1
