"""Files and lists over the link: given, refused, gone, or never ending."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from replication.adapters.downloads import LinkDownError, LinkRefusedError
from replication.adapters.ltx_fetch import NotThereError, WrongBytesError
from replication.delta_chain import joined
from replication.errors import BadMessageError
from replication.manifest import LtxName, Manifest
from replication.page_delta import BadDeltaError
from replication.wait import AskedToWaitError, Wait
from tests.unit.replication.adapters.scripted_primary import (
    LINEAGE,
    TIMES,
    WELCOME,
    Call,
    ScriptedPrimary,
    answering,
    calling,
)

if TYPE_CHECKING:
    from pathlib import Path

    from replication.adapters.link_client import LinkClient

NAME = LtxName(level=0, min_txid=1, max_txid=1)


@pytest.fixture
def primary(tmp_path: Path) -> ScriptedPrimary:
    return ScriptedPrimary(tmp_path)


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
    times = replace(TIMES, request_ms=200)
    async with primary.listening(), calling(primary, times) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkDownError, match="no answer in time"):
            await read(client)


@pytest.mark.parametrize("begun", [True, False])
async def test_a_download_ends_with_its_link_and_not_when_its_time_is_over(
    primary: ScriptedPrimary, *, begun: bool
) -> None:
    asked = asyncio.Event()

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if begun:
            await response.prepare(request)
            await response.write(b"half of it")
        asked.set()
        await asyncio.Event().wait()
        return response

    async def leaving(call: Call) -> None:
        await call.say(WELCOME)
        await asked.wait()

    primary.scripts, primary.serve = [leaving, answering], serve
    times = replace(TIMES, request_ms=600_000)
    async with primary.listening(), calling(primary, times) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkDownError):
            await read(client)
        await diary.wait_for(WELCOME, "down", WELCOME)


@pytest.mark.parametrize("text", ['{"lineage": "short"}', "not JSON", "[]"])
async def test_a_manifest_that_is_none_is_refused(primary: ScriptedPrimary, text: str) -> None:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(BadMessageError, match="manifest"):
            await client.manifest(0)


async def test_deltas_come_one_after_the_other_and_halves_are_refused(
    primary: ScriptedPrimary,
) -> None:
    body = joined([b"first", b"second"])
    bodies = [body, body[:-1]]
    paths: list[str] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        return web.Response(body=bodies.pop(0)) if bodies else web.Response(status=404)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await client.deltas(LINEAGE, 7, 9) == (b"first", b"second")
        with pytest.raises(BadDeltaError):
            await client.deltas(LINEAGE, 7, 9)
        with pytest.raises(NotThereError):
            await client.deltas(LINEAGE, 7, 9)
    assert paths == [f"/v1/ltx/delta/{LINEAGE}/7-9"] * 3


BODY = bytes(range(256)) * 1_000


async def rest(client: LinkClient, offset_bytes: int) -> bytes:
    return b"".join([piece async for piece in client.fetch(NAME, LINEAGE, offset_bytes)])


async def test_only_the_rest_of_a_file_is_asked_for(
    tmp_path: Path, primary: ScriptedPrimary
) -> None:
    asked: list[str] = []
    path = tmp_path / "file"
    path.write_bytes(BODY)

    async def serve(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers["Range"])
        return web.FileResponse(path)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await rest(client, 1_234) == BODY[1_234:]
        with pytest.raises(WrongBytesError, match="ends before"):
            await rest(client, len(BODY) + 1)
    assert asked == ["bytes=1234-", f"bytes={len(BODY) + 1}-"]


@pytest.mark.parametrize("begin", [None, 0, 1_000])
async def test_a_server_that_gives_more_than_the_rest_is_understood(
    primary: ScriptedPrimary, begin: int | None
) -> None:
    async def serve(_request: web.Request) -> web.StreamResponse:
        if begin is None:
            return web.Response(body=BODY)
        headers = {"Content-Range": f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}"}
        return web.Response(status=206, body=BODY[begin:], headers=headers)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await rest(client, 200_000) == BODY[200_000:]


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes 11-19/20"}])
async def test_another_part_than_the_one_asked_for_is_refused(
    primary: ScriptedPrimary, headers: dict[str, str]
) -> None:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=206, body=b"x" * 9, headers=headers)

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkRefusedError, match="another part"):
            await rest(client, 10)


async def test_a_primary_that_is_busy_asks_to_wait_and_says_how_long(
    primary: ScriptedPrimary,
) -> None:
    busy = Wait(seconds=15, reason="as many downloads are under way as downloads_max allows")

    async def serve(_: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers=busy.headers())

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        for asking in (read(client), client.manifest(0), client.deltas(LINEAGE, 1, 2)):
            with pytest.raises(AskedToWaitError) as refused:
                await asking
            assert refused.value.wait == busy
