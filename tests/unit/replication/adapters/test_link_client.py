"""The site's end of the link against a primary that is there, silent, gone, or hostile."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from chaos.live import waiting
from replication.adapters.link_client import (
    LinkClient,
    LinkDownError,
    LinkRefusedError,
    LinkTimes,
    pause_ms,
)
from replication.adapters.ltx_mirror import NotThereError
from replication.entry_bodies import JobDeleted
from replication.errors import BadMessageError
from replication.journal import JournalHead, next_entry
from replication.manifest import LtxName, Manifest
from replication.messages import Ack, Beat, BeatAck, Entries, Fence, Gap, Hello, WireEntry
from replication.ports import WallMs
from tests.unit.replication.adapters.scripted_primary import (
    LINEAGE,
    WELCOME,
    Call,
    ScriptedPrimary,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from replication.messages import AnyFromPrimary, Welcome

TIMES = LinkTimes(
    connect_ms=2_000,
    silence_ms=200,
    send_ms=500,
    request_ms=300,
    retry_first_ms=10,
    retry_max_ms=40,
    refused_retry_ms=60_000,
)
LONG = JobDeleted(job_uuid="01234567-89ab-cdef-0123-456789abcdef", by_user_name="\N{SNOWMAN}" * 255)
NAME = LtxName(level=0, min_txid=1, max_txid=1)


class Diary:
    """A `LinkListener` that writes down what happened."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self._written = asyncio.Event()

    async def up(self, welcome: Welcome) -> None:
        self._note(welcome)

    async def heard(self, message: AnyFromPrimary) -> None:
        self._note(message)

    def down(self) -> None:
        self._note("down")

    async def wait_for(self, *events: object) -> None:
        """Return once these were the newest events."""
        while self.events[-len(events) :] != list(events):
            await self._written.wait()

    def _note(self, event: object) -> None:
        self.events.append(event)
        self._written.set()
        self._written = asyncio.Event()


@asynccontextmanager
async def calling(
    primary: ScriptedPrimary, times: LinkTimes = TIMES
) -> AsyncIterator[tuple[LinkClient, Diary]]:
    client = LinkClient(
        address=primary.address,
        context=primary.client_tls,
        hello=lambda: Hello(site_name="oslo", epoch=1, journal_seq=5, wall_ms=0),
        chance=Random(1),
        times=times,
    )
    diary = Diary()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(client.run([diary]))
        try:
            yield client, diary
        finally:
            running.cancel()


async def welcoming(call: Call) -> None:
    await call.say(WELCOME)
    await call.stay()


async def answering(call: Call) -> None:
    await call.say(WELCOME)
    while (message := await call.hear()) is not None:
        if isinstance(message, Beat):
            await call.say(BeatAck(number=message.number))


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


async def test_a_connection_that_falls_silent_is_dropped_and_made_anew(
    primary: ScriptedPrimary,
) -> None:
    primary.scripts = [welcoming]
    async with primary.listening(), calling(primary) as (_, diary):
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


async def read(client: LinkClient) -> bytes:
    return b"".join([piece async for piece in client.fetch(NAME, LINEAGE)])


async def test_a_file_comes_over_the_links_own_session(primary: ScriptedPrimary) -> None:
    paths: list[str] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        paths.append(request.path_qs)
        if request.path == "/v1/ltx/manifest":
            return web.json_response(Manifest(lineage=LINEAGE, entries=()).as_json())
        return web.Response(body=b"x" * 300_000)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await read(client) == b"x" * 300_000
        assert await client.manifest(7) == Manifest(lineage=LINEAGE, entries=())
    assert paths == [f"/v1/ltx/file/{LINEAGE}/{NAME}", "/v1/ltx/manifest?after=7"]


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotThereError), (403, LinkRefusedError), (500, LinkRefusedError)]
)
async def test_a_file_that_is_not_given_is_an_error_that_says_why(
    primary: ScriptedPrimary, status: int, error: type[Exception]
) -> None:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(error):
            await read(client)


async def test_without_a_link_a_download_fails_at_once(primary: ScriptedPrimary) -> None:
    async with calling(primary) as (client, _):
        with pytest.raises(LinkDownError):
            await read(client)
        with pytest.raises(LinkDownError):
            await client.manifest(0)


async def test_a_download_that_hangs_is_given_up(primary: ScriptedPrimary) -> None:
    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half of it")
        await asyncio.sleep(5)
        return response

    primary.scripts, primary.serve = [answering], serve
    times = replace(TIMES, silence_ms=10_000)
    async with primary.listening(), calling(primary, times) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkDownError, match="no answer in time"):
            await read(client)


async def test_a_manifest_that_is_none_is_refused(primary: ScriptedPrimary) -> None:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"lineage": "short"})

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(BadMessageError, match="manifest"):
            await client.manifest(0)


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
