"""Packed files over the link: whole, cut, damaged, and not understood by the other end."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from replication.adapters.downloads import LinkDownError, LinkRefusedError
from replication.adapters.ltx_fetch import WrongBytesError
from replication.manifest import LtxName
from replication.packed_file import CONTENT_TYPE, FROM_HEADER, PIECE_BYTES, packed
from tests.unit.replication.adapters.scripted_primary import (
    LINEAGE,
    WELCOME,
    ScriptedPrimary,
    answering,
    calling,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replication.adapters.link_client import LinkClient

NAME = LtxName(level=9, min_txid=1, max_txid=5)
CONTENT = random.Random(3).randbytes(2 * PIECE_BYTES + 7)


class Headquarters:
    """Serves `CONTENT`, packed for who takes it so; `spoil` changes what is sent."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "content"
        self.path.write_bytes(CONTENT)
        with self.path.open("rb") as file:
            self.pieces = list(packed(file))
        self.spoil: Callable[[bytes], bytes] = bytes
        self.promises_more = False
        self.asked: list[tuple[bool, str]] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        takes_packed = CONTENT_TYPE in request.headers.get("Accept", "")
        wanted = request.headers.get("Range", "")
        self.asked.append((takes_packed, wanted))
        if not takes_packed:
            return web.FileResponse(self.path)
        first = int(wanted.removeprefix("bytes=").removesuffix("-") or 0) // PIECE_BYTES
        body = self.spoil(b"".join(self.pieces[first:]))
        response = web.StreamResponse(headers={FROM_HEADER: str(first * PIECE_BYTES)})
        response.content_type = CONTENT_TYPE
        response.content_length = len(body) + self.promises_more
        await response.prepare(request)
        await response.write(body)
        if self.promises_more and request.transport is not None:
            request.transport.close()
        return response


@pytest.fixture
def primary(tmp_path: Path) -> ScriptedPrimary:
    return ScriptedPrimary(tmp_path)


@pytest.fixture
def hq(tmp_path: Path, primary: ScriptedPrimary) -> Headquarters:
    served = Headquarters(tmp_path)
    primary.scripts, primary.serve = [answering], served.serve
    return served


async def fetched(client: LinkClient, offset_bytes: int = 0) -> bytes:
    return b"".join([piece async for piece in client.fetch(NAME, LINEAGE, offset_bytes)])


async def test_the_files_own_bytes_come_out(primary: ScriptedPrimary, hq: Headquarters) -> None:
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await fetched(client) == CONTENT
        assert client.arrived_bytes == sum(map(len, hq.pieces))
    assert hq.asked == [(True, "")]


async def test_a_cut_transfer_goes_on_inside_a_piece(
    primary: ScriptedPrimary, hq: Headquarters
) -> None:
    begin = PIECE_BYTES + 1_234
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        assert await fetched(client, begin) == CONTENT[begin:]
    assert hq.asked == [(True, f"bytes={begin}-")]


async def test_a_line_that_breaks_before_the_first_piece_gets_the_file_itself(
    primary: ScriptedPrimary, hq: Headquarters
) -> None:
    hq.spoil, hq.promises_more = lambda body: body[:1_000], True
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkDownError):
            await fetched(client)
        assert await fetched(client) == CONTENT
    assert hq.asked == [(True, ""), (False, "")]


async def test_a_line_that_breaks_later_goes_on_packed(
    primary: ScriptedPrimary, hq: Headquarters
) -> None:
    hq.spoil, hq.promises_more = lambda body: body[: PIECE_BYTES + 1_000], True
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkDownError):
            await fetched(client)
        hq.spoil, hq.promises_more = bytes, False
        assert await fetched(client, PIECE_BYTES) == CONTENT[PIECE_BYTES:]
    assert hq.asked == [(True, ""), (True, f"bytes={PIECE_BYTES}-")]


@pytest.mark.parametrize(
    "spoil",
    [lambda body: body[:5] + b"????" + body[9:], lambda body: body[:-1]],
    ids=["damaged", "ends early"],
)
async def test_what_is_no_packed_file_is_wrong_and_the_file_itself_is_asked_for(
    primary: ScriptedPrimary, hq: Headquarters, spoil: Callable[[bytes], bytes]
) -> None:
    hq.spoil = spoil
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(WrongBytesError):
            await fetched(client)
        assert await fetched(client) == CONTENT
    assert [takes_packed for takes_packed, _ in hq.asked] == [True, False]


async def test_another_part_than_the_one_asked_for_is_refused(primary: ScriptedPrimary) -> None:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"", content_type=CONTENT_TYPE, headers={FROM_HEADER: "11"})

    primary.scripts, primary.serve = [answering], serve
    async with primary.listening(), calling(primary) as (client, diary):
        await diary.wait_for(WELCOME)
        with pytest.raises(LinkRefusedError, match="another part"):
            await fetched(client, 10)
