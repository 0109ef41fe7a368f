"""The lines of a simulation: what arrives, what waits, and what nobody hears."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from chaos.sim.loop import VirtualLoop
from chaos.sim.wan import End, Line, Way, Weather, connection

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

T = TypeVar("T")
BOTH = (Way.UP, Way.DOWN)


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop(lambda: (0, 0))
    yield loop
    loop.close()


def run(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    return loop.run_until_complete(work)


async def connected(line: Line) -> tuple[End, End, list[asyncio.Task[None]]]:
    site, primary = connection(line)
    loop = asyncio.get_running_loop()
    return site, primary, [loop.create_task(end.pump()) for end in (site, primary)]


async def ended(pumps: list[asyncio.Task[None]]) -> None:
    for pump in pumps:
        pump.cancel()
    await asyncio.wait(pumps)


def test_what_is_sent_arrives_in_order_after_the_delay(loop: VirtualLoop) -> None:
    async def story() -> tuple[list[bytes | None], float]:
        line = Line(Random(1))
        line.weather = Weather(delay_ms=40, spread_ms=30)
        site, primary, pumps = await connected(line)
        site.send(b"one")
        site.send(b"two")
        found = [await primary.receive(), await primary.receive()]
        at_s = loop.time()
        await ended(pumps)
        return found, at_s

    found, at_s = run(loop, story())
    assert found == [b"one", b"two"]
    assert at_s >= 0.08


def test_what_is_sent_into_a_cut_line_arrives_when_it_heals(loop: VirtualLoop) -> None:
    async def story() -> float:
        line = Line(Random(1))
        site, primary, pumps = await connected(line)
        line.cut(BOTH)
        site.send(b"news")
        loop.call_later(60, line.heal, BOTH)
        assert await primary.receive() == b"news"
        at_s = loop.time()
        await ended(pumps)
        return at_s

    assert run(loop, story()) >= 60


def test_a_line_that_was_cut_twice_must_be_healed_twice(loop: VirtualLoop) -> None:
    line = Line(Random(1))
    line.cut(BOTH)
    line.cut((Way.UP,))
    line.heal(BOTH)
    assert line.is_cut
    line.heal((Way.UP,))
    assert not line.is_cut
    run(loop, line.carry(Way.UP, 1))


def test_a_line_may_be_cut_one_way(loop: VirtualLoop) -> None:
    async def story() -> None:
        line = Line(Random(1))
        site, primary, pumps = await connected(line)
        line.cut((Way.DOWN,))
        site.send(b"up")
        primary.send(b"down")
        assert await primary.receive() == b"up"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await site.receive()
        await ended(pumps)

    run(loop, story())


def test_a_farewell_is_heard_and_a_machine_without_power_says_none(loop: VirtualLoop) -> None:
    async def story() -> None:
        line = Line(Random(1))
        site, primary, pumps = await connected(line)
        site.close()
        assert await primary.receive() is None
        assert not primary.send(b"anybody?")
        await ended(pumps)
        site, primary, pumps = await connected(line)
        site.vanish()
        assert primary.send(b"anybody?")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await primary.receive()
        await ended(pumps)

    run(loop, story())


def test_a_trickle_that_ends_lets_the_rest_through_at_once(loop: VirtualLoop) -> None:
    async def story() -> float:
        line = Line(Random(1))
        line.weather = Weather(bytes_per_s=3)
        loop.call_later(30, setattr, line, "weather", Weather())
        await line.carry(Way.UP, 3_000)
        return loop.time()

    assert 30 <= run(loop, story()) < 33


def test_what_an_old_connection_carries_arrives_late_beside_a_new_one(loop: VirtualLoop) -> None:
    async def story() -> list[float]:
        line = Line(Random(1))
        old_site, old_primary, pumps = await connected(line)
        held = line.hold_back()
        old_site.send(b"old")
        site, primary, more = await connected(line)
        site.send(b"new")
        for end in held:
            loop.call_later(20, partial(end.hold, is_held=False))
        assert await primary.receive() == b"new"
        times = [loop.time()]
        assert await old_primary.receive() == b"old"
        await ended(pumps + more)
        return [*times, loop.time()]

    new_s, old_s = run(loop, story())
    assert new_s < 1
    assert old_s >= 20


def test_a_reset_loses_the_frame_that_is_on_its_way_and_tells_who_should_hear(
    loop: VirtualLoop,
) -> None:
    async def story() -> None:
        line = Line(Random(1))
        site, primary, pumps = await connected(line)
        site.send(b"half of it")
        line.reset((Way.UP,))
        assert await site.receive() is None
        assert not site.send(b"again")
        assert primary.send(b"anybody?")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await primary.receive()
        line.reset(BOTH)
        assert await primary.receive() is None
        await ended(pumps)

    run(loop, story())


def test_answers_overtake_each_other_and_none_is_asked_for_twice_on_a_good_line(
    loop: VirtualLoop,
) -> None:
    async def story() -> list[int]:
        line = Line(Random(1))
        line.overtaking_ms = 5_000
        come: list[int] = []

        async def one(number: int) -> None:
            await line.answer(100)
            come.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(one(number))
        assert not line.loses_an_answer()
        line.lost_answers = 1.0
        assert line.loses_an_answer()
        return come

    come = run(loop, story())
    assert sorted(come) == list(range(10)) != come
