from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chaos.live.ipp_client import IppBusyError, IppClient, IppRefusedError, IppSilenceError
from site_server.ipp.attributes import charset, integer, natural_language
from site_server.ipp.codec import decode, encode
from site_server.ipp.values import Group, Head, Message
from site_server.ipp.vocabulary import GroupTag, Operation, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ABOUT = Group(
    GroupTag.OPERATION,
    (charset("attributes-charset", "utf-8"), natural_language("attributes-natural-language", "en")),
)


def answer(code: int, *numbers: int) -> bytes:
    jobs = (Group(GroupTag.JOB, (integer("job-id", number),)) for number in numbers)
    return encode(
        Message(head=Head(version=(2, 0), code=code, request_id=1), groups=(ABOUT, *jobs))
    )


@asynccontextmanager
async def printer(said: bytes, heard: list[bytes], status: int = 200) -> AsyncIterator[IppClient]:
    async def handle(request: web.Request) -> web.Response:
        heard.append(await request.read())
        return web.Response(body=said, status=status)

    app = web.Application()
    app.router.add_post("/ipp/print", handle)
    async with (
        TestServer(app, host="localhost") as server,
        IppClient(server.port or 0, "/ipp/print") as client,
    ):
        yield client


async def test_a_document_is_handed_in_and_gets_a_number() -> None:
    heard: list[bytes] = []
    async with printer(answer(Status.OK, 7), heard) as client:
        assert await client.print_job("ada", b"%PDF", is_held=True) == 7

    (request,) = heard
    asked = decode(request)
    assert request.endswith(b"%PDF")
    assert asked.head.code == Operation.PRINT_JOB
    assert asked.group(GroupTag.OPERATION).text("requesting-user-name") == "ada"
    assert asked.group(GroupTag.JOB).text("job-hold-until") == "indefinite"


async def test_the_jobs_of_a_user_are_listed_and_released() -> None:
    heard: list[bytes] = []
    async with printer(answer(Status.OK, 3, 5), heard) as client:
        assert await client.jobs("ada") == [3, 5]
        await client.release("ada", 5)

    released = decode(heard[1])
    assert released.head.code == Operation.RELEASE_JOB
    assert released.group(GroupTag.OPERATION).integer("job-id") == 5


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        (answer(Status.BUSY), 200, IppBusyError),
        (answer(Status.FORBIDDEN), 200, IppRefusedError),
        (b"", 503, IppRefusedError),
    ],
)
async def test_what_was_refused_is_told_from_what_has_to_wait(
    said: bytes, status: int, error: type[Exception]
) -> None:
    async with printer(said, [], status) as client:
        with pytest.raises(error):
            await client.print_job("ada", b"%PDF")


async def test_no_answer_is_no_refusal() -> None:
    async with printer(b"", []) as client:
        port = client.port
    async with IppClient(port, "/ipp/print") as late:
        with pytest.raises(IppSilenceError, match="PRINT_JOB"):
            await late.print_job("ada", b"%PDF")
