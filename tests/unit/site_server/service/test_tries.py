"""How often somebody may try."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from itertools import count

import pytest
from pydantic import SecretStr

from failure_modes.vocabulary import MonotonicMs
from replication.slow_hash import CredentialKind
from replication.testing import ManualClock
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.service.tries import MINUTE_MS, Trier, Tries, TryLimits

WRONG_MAX = TryLimits().user_wrong_max
PLACE_MAX = TryLimits().place_wrong_max


numbers = count(1000)


def ada(place: str = "panel", kind: CredentialKind = CredentialKind.PIN, secret: str = "") -> Trier:
    """Somebody who tries to be ada, each time with another secret."""
    return Trier(
        kind=kind, user_name="ada", place=place, secret=SecretStr(secret or str(next(numbers)))
    )


def other(user_name: str) -> Trier:
    return replace(ada(), user_name=user_name)


async def wrong() -> bool:
    return False


async def right() -> bool:
    return True


async def nobody_knows() -> None:
    return None


async def never() -> bool:
    raise AssertionError("nobody was to look")


async def is_refused(tries: Tries, trier: Trier) -> bool:
    try:
        return await tries.one(trier, right) is not True
    except RefusedError as error:
        return error.reason == Cause.TOO_MANY_TRIES


async def try_wrongly(tries: Tries, trier: Trier, times: int) -> None:
    for _ in range(times):
        another = replace(trier, secret=SecretStr(str(next(numbers))))
        assert await tries.one(another, wrong) is False


async def test_after_five_wrong_ones_the_right_one_is_refused_for_fifteen_minutes_unlooked_at() -> (
    None
):
    clock = ManualClock()
    tries = Tries(clock)
    await try_wrongly(tries, ada(), WRONG_MAX)

    with pytest.raises(RefusedError) as refused:
        await tries.one(ada("another panel"), never)
    assert refused.value.reason == Cause.TOO_MANY_TRIES
    assert "15 minutes" in refused.value.detail
    clock.advance(15 * MINUTE_MS - 1)
    assert await is_refused(tries, ada())
    clock.advance(1)
    assert await tries.one(ada(), right) is True


async def test_four_wrong_ones_and_a_right_one_begin_anew() -> None:
    tries = Tries(ManualClock())
    for _ in range(3):
        await try_wrongly(tries, ada(), WRONG_MAX - 1)
        assert await tries.one(ada(), right) is True


async def test_wrong_ones_long_apart_refuse_nobody() -> None:
    clock = ManualClock()
    tries = Tries(clock)
    for _ in range(3 * WRONG_MAX):
        await try_wrongly(tries, ada(), 1)
        clock.advance(15 * MINUTE_MS // (WRONG_MAX - 1))
    assert await tries.one(ada(), right) is True


async def test_a_computer_that_repeats_the_same_wrong_password_counts_once() -> None:
    clock = ManualClock()
    tries = Tries(clock)
    for _ in range(10 * PLACE_MAX):
        assert await tries.one(ada(secret="4711"), wrong) is False
        clock.advance(1)
    await try_wrongly(tries, ada(), WRONG_MAX - 2)
    assert await tries.one(ada(), right) is True


async def test_one_password_tried_for_many_users_counts_for_each() -> None:
    tries = Tries(ManualClock())
    for number in range(PLACE_MAX):
        trier = replace(ada(secret="Winter2026"), user_name=f"user-{number}")
        assert await tries.one(trier, wrong) is False
    assert await is_refused(tries, ada())


async def test_where_nobody_could_say_nothing_is_counted() -> None:
    tries = Tries(ManualClock())
    for _ in range(10 * WRONG_MAX):
        assert await tries.one(ada(), nobody_knows) is None
    assert tries.names == 0


async def test_passwords_guessed_over_the_network_keep_nobody_from_their_pin() -> None:
    tries = Tries(ManualClock())
    guesser = ada("address 10.0.0.66", CredentialKind.PASSWORD)
    await try_wrongly(tries, guesser, WRONG_MAX)

    assert await is_refused(tries, guesser)
    assert await tries.one(ada(), right) is True


async def test_a_place_is_stopped_however_many_users_are_tried_there() -> None:
    clock = ManualClock()
    tries = Tries(clock)
    for number in range(PLACE_MAX):
        await try_wrongly(tries, other(f"user-{number}"), 1)
        if number < PLACE_MAX - 1:
            assert await tries.one(ada(), right) is True

    assert await is_refused(tries, ada())
    assert await tries.one(ada("another panel"), right) is True
    clock.advance(15 * MINUTE_MS)
    assert not await is_refused(tries, ada())


async def test_a_hundred_guesses_at_once_are_looked_at_one_by_one_and_only_five_are() -> None:
    tries = Tries(ManualClock())
    looked = 0

    async def look() -> bool:
        nonlocal looked
        looked += 1
        await asyncio.sleep(0)
        return False

    guesses = [tries.one(ada(f"panel {number}"), look) for number in range(100)]
    refused = 0
    async with asyncio.TaskGroup() as tasks:

        async def guess(number: int) -> None:
            nonlocal refused
            try:
                await guesses[number]
            except RefusedError:
                refused += 1

        for number in range(100):
            tasks.create_task(guess(number))

    assert (looked, refused) == (WRONG_MAX, 100 - WRONG_MAX)


async def test_the_tries_under_way_are_bounded() -> None:
    tries = Tries(ManualClock(), TryLimits(at_once_max=1))
    gate = asyncio.Event()

    async def slow() -> bool:
        await gate.wait()
        return True

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(tries.one(ada(), slow))
        await asyncio.sleep(0)
        with pytest.raises(RefusedError) as refused:
            await tries.one(other("bob"), never)
        gate.set()

    assert refused.value.reason == Cause.TOO_MANY_LOGINS
    assert first.result() is True


async def test_no_more_names_are_remembered_than_the_bound_and_the_oldest_goes_first() -> None:
    tries = Tries(ManualClock(), TryLimits(names_max=20, place_wrong_max=10**6))
    await try_wrongly(tries, ada(), WRONG_MAX)
    for number in range(10):
        await try_wrongly(tries, other(f"user-{number}"), 1)
    assert await is_refused(tries, ada())
    for number in range(1_000):
        await try_wrongly(tries, other(f"name-{number}"), 1)

    assert tries.names == 20
    assert not await is_refused(tries, ada())


async def test_the_log_names_whom_and_where_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="site_server.service.tries")
    tries = Tries(ManualClock(monotonic_ms=MonotonicMs(5)))
    await try_wrongly(tries, ada(), WRONG_MAX)
    assert await is_refused(tries, ada())

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "pin of ada" in caplog.text
