"""The site's end of the link against a primary that is there, silent, gone, or hostile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.live import waiting
from replication.adapters.link_times import LinkTimes, pause_ms
from replication.entry_bodies import JobDeleted
from replication.journal import JournalHead, next_entry
from replication.messages import Ack, Beat, BeatAck, Entries, Fence, Gap, Hello, PushedDelta
from replication.ports import WallMs
from replication.wait import Wait
from replication.wire_entry import WireEntry
from tests.unit.replication.adapters.scripted_primary import (
    TIMES,
    WELCOME,
    Call,
    ScriptedPrimary,
    answering,
    calling,
    welcoming,
)

if TYPE_CHECKING:
    from pathlib import Path

    from replication.messages import AnyFromPrimary

LONG = JobDeleted(job_uuid="01234567-89ab-cdef-0123-456789abcdef", by_user_name="\N{SNOWMAN}" * 255)


@pytest.fixture
def primary(tmp_path: Path) -> ScriptedPrimary:
    return ScriptedPrimary(tmp_path)


async def test_the_link_comes_up_and_both_ends_speak(primary: ScriptedPrimary) -> None:
    primary.scripts = [answering]
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await client.send(Beat(number=1))
        await diary.wait_for(WELCOME, BeatAck(number=1))
        assert primary.hellos == [Hello(site_name="oslo", epoch=1, journal_seq=5, wall_ms=0)]


async def test_messages_are_heard_in_the_order_they_were_said(primary: ScriptedPrimary) -> None:
    said: list[AnyFromPrimary] = [Ack(seq=1), Ack(seq=2), Gap(want_seq=2), Ack(seq=3)]

    async def script(call: Call) -> None:
        await call.say(WELCOME, *said)
        await call.stay()

    primary.scripts = [script]
    async with primary.listening(), calling(primary) as (_, diary):
        await diary.wait_for(WELCOME, *said)


async def test_a_binary_frame_is_heard_as_a_page_delta(primary: ScriptedPrimary) -> None:
    said = (PushedDelta(data=b"HFD1 and more"), BeatAck(number=1))

    async def script(call: Call) -> None:
        await call.say(WELCOME, *said)
        await call.stay()

    primary.scripts = [script]
    async with primary.listening(), calling(primary) as (_, diary):
        await diary.wait_for(WELCOME, *said)


async def test_a_connection_that_falls_silent_is_dropped_and_made_anew(
    primary: ScriptedPrimary,
) -> None:
    primary.scripts = [welcoming]
    times = replace(TIMES, silence_ms=100)
    async with primary.listening(), calling(primary, times) as (_, diary):
        await diary.wait_for(WELCOME, "down", WELCOME, "down", WELCOME)


async def test_a_pipe_that_is_full_to_the_brim_does_not_keep_the_client_from_a_new_connection(
    primary: ScriptedPrimary,
) -> None:
    async def deaf(call: Call) -> None:
        await call.say(WELCOME)
        await asyncio.Event().wait()

    primary.scripts = [deaf, answering]
    entry = next_entry(JournalHead(site_name="oslo", epoch=1), LONG, WallMs(0))
    flood = Entries(entries=[WireEntry.of(entry)] * 400)
    times = replace(TIMES, send_ms=100, silence_ms=500)
    async with primary.listening(), calling(primary, times) as (client, diary):
        await diary.wait_for(WELCOME)
        while await client.send(flood):
            pass
        await diary.wait_for("down", WELCOME)


async def test_a_primary_that_hangs_before_its_welcome_is_not_waited_for_long(
    primary: ScriptedPrimary,
) -> None:
    async def hanging(call: Call) -> None:
        await call.stay()

    primary.scripts = [hanging, answering]
    times = replace(TIMES, connect_ms=200)
    async with primary.listening(), calling(primary, times) as (_, diary):
        await diary.wait_for(WELCOME)
        assert diary.events == [WELCOME]


async def test_a_primary_that_was_away_is_found_again(primary: ScriptedPrimary) -> None:
    primary.scripts = [answering]
    async with primary.listening():
        pass
    async with calling(primary) as (client, diary):
        assert not await client.send(Beat(number=1))
        async with primary.listening():
            await diary.wait_for(WELCOME)
        await diary.wait_for(WELCOME, "down")


async def test_a_headquarters_that_lets_in_and_hangs_up_is_called_less_and_less_often(
    primary: ScriptedPrimary, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(call: Call) -> None:
        await call.say(WELCOME)

    primary.scripts = [full, full, full, full, welcoming]
    times = replace(TIMES, retry_first_ms=20, retry_max_ms=1_000)
    began_s = asyncio.get_running_loop().time()
    async with primary.listening(), calling(primary, times) as (_, diary):
        await diary.wait_for(*[WELCOME, "down"] * 4, WELCOME)
    # Half of 40, 80, 160 and 320 ms at the least.
    assert asyncio.get_running_loop().time() - began_s >= 0.3
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


async def test_a_site_that_is_asked_to_wait_says_so_and_comes_in_afterwards(
    primary: ScriptedPrimary,
) -> None:
    primary.scripts = [answering]
    primary.waits = [Wait(seconds=0, reason="busy"), Wait(seconds=1, reason="still busy")]
    async with primary.listening(), calling(primary) as (client, diary):

        async def waits() -> bool:
            return "still busy" in client.asked_to_wait

        await waiting.until(waits, "to be asked", within_ms=5_000, every_ms=2)
        assert client.refusal == ""
        assert diary.events == []
        await diary.wait_for(WELCOME)
        assert client.asked_to_wait == ""


async def test_a_site_that_is_asked_to_wait_long_does_not_call_meanwhile(
    primary: ScriptedPrimary,
) -> None:
    primary.scripts = [answering]
    primary.waits = [Wait(seconds=600, reason="busy")]
    async with primary.listening(), calling(primary) as (client, diary):

        async def waits() -> bool:
            return client.asked_to_wait == "headquarters asked to wait 600 s: busy"

        await waiting.until(waits, "to be asked", within_ms=5_000, every_ms=2)
        never = asyncio.Event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10 * TIMES.retry_max_ms / 1000):
                await never.wait()
        assert (primary.calls, diary.events) == (0, [])


async def test_a_fenced_site_hears_why_and_is_not_up_for_a_moment(
    primary: ScriptedPrimary,
) -> None:
    async def fencing(call: Call) -> None:
        await call.say(Fence(reason="cloned"))

    primary.scripts = [fencing]
    async with primary.listening(), calling(primary) as (client, diary):

        async def is_refused() -> bool:
            return bool(client.refusal)

        await waiting.until(is_refused, "a refusal", within_ms=5_000, every_ms=5)
        assert client.refusal == "cloned"
        assert primary.calls == 1
        assert diary.events == []


async def test_a_site_that_is_fenced_later_goes_down_and_comes_back_when_it_may(
    primary: ScriptedPrimary,
) -> None:
    async def fencing(call: Call) -> None:
        await call.say(WELCOME, Fence(reason="cloned"))
        await call.stay()

    primary.scripts = [fencing, answering]
    times = replace(TIMES, refused_retry_ms=20)
    async with primary.listening(), calling(primary, times) as (client, diary):
        await diary.wait_for(WELCOME, Fence(reason="cloned"), "down", WELCOME)
        assert client.refusal == ""


async def test_what_is_no_message_ends_the_connection_and_is_told(
    primary: ScriptedPrimary,
) -> None:
    async def babbling(call: Call) -> None:
        await call.say(WELCOME)
        await call.socket.send_str('{"type":"babble"}')
        await call.stay()

    primary.scripts = [babbling]
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME, "down")
        assert "understand" in client.refusal


@given(failures=st.integers(0, 10**6), seed=st.integers(0, 2**32))
def test_the_pause_grows_and_stays_below_its_cap_so_that_healing_is_noticed_in_seconds(
    failures: int, seed: int
) -> None:
    times = LinkTimes()
    pause = pause_ms(times, failures, Random(seed), refused=False)
    assert times.retry_first_ms / 2 <= pause <= times.retry_max_ms <= 3_000


def test_a_site_that_was_refused_calls_again_rarely() -> None:
    pause = pause_ms(LinkTimes(), 0, Random(1), refused=True)
    assert 30_000 <= pause <= 60_000
