from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web

from site_server.adapters.ipp_client import PrinterClient, Question
from site_server.ipp.attributes import charset, keyword, natural_language
from site_server.ipp.codec import decode, encode
from site_server.ipp.delivery_port import Refused, Silence
from site_server.ipp.values import Group, Head, Message
from site_server.ipp.vocabulary import CONTENT_TYPE, GroupTag, Operation, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HELLO = (
    charset("attributes-charset", "utf-8"),
    natural_language("attributes-natural-language", "en"),
)


@asynccontextmanager
async def odd_printer(handler: Handler) -> AsyncIterator[tuple[PrinterClient, str]]:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/ipp/print", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession() as session:
            uri = f"ipp://127.0.0.1:{runner.addresses[0][1]}/ipp/print"
            yield PrinterClient(session, stall_ms=300), uri
    finally:
        await runner.cleanup()


def answering(status: Status, *, request_id: int | None = None) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        asked = decode(await request.read()).head
        head = Head(version=(1, 1), code=status, request_id=request_id or asked.request_id)
        message = Message(head=head, groups=(Group(GroupTag.OPERATION, HELLO),))
        return web.Response(body=encode(message), content_type=CONTENT_TYPE)

    return handler


async def ask(handler: Handler, document: Path | None = None) -> Message | Refused | Silence:
    async with odd_printer(handler) as (client, uri):
        return await client.ask(
            Question(
                printer_uri=uri,
                operation=Operation.PRINT_JOB,
                user_name="anna",
                attributes=(keyword("compression", "none"),),
                document=document,
            )
        )


async def test_a_document_is_sent_with_its_length_behind_the_message(tmp_path: Path) -> None:
    document = tmp_path / "document"
    document.write_bytes(bytes(range(256)) * 4_000)
    seen: list[bytes] = []

    async def handler(request: web.Request) -> web.Response:
        assert request.content_length == len(await request.read())
        seen.append(await request.read())
        return await answering(Status.OK)(request)  # type: ignore[return-value]

    answer = await ask(handler, document)

    assert isinstance(answer, Message)
    assert seen[0].endswith(document.read_bytes())


@pytest.mark.parametrize(
    ("status", "is_busy"),
    [
        (Status.BUSY, True),
        (Status.TEMPORARY_ERROR, True),
        (Status.NOT_ACCEPTING_JOBS, False),
        (Status.NOT_POSSIBLE, False),
    ],
)
async def test_a_no_is_a_refusal_and_may_be_only_for_now(status: Status, *, is_busy: bool) -> None:
    answer = await ask(answering(status))

    assert isinstance(answer, Refused)
    assert (answer.status, answer.is_busy) == (status, is_busy)


async def test_an_answer_to_somebody_else_is_no_answer() -> None:
    answer = await ask(answering(Status.OK, request_id=99_999))

    assert isinstance(answer, Silence)
    assert not answer.is_untouched


@pytest.mark.parametrize(("status", "kind"), [(401, Refused), (404, Refused), (500, Silence)])
async def test_an_http_error_is_a_refusal_or_leaves_everything_open(
    status: int, kind: type
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status)

    assert isinstance(await ask(handler), kind)


@pytest.mark.parametrize("body", [b"", b"<html>not IPP</html>", b"\x01\x01\0\0"])
async def test_what_is_not_ipp_leaves_everything_open(body: bytes) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=CONTENT_TYPE)

    answer = await ask(handler)
    assert isinstance(answer, Silence)
    assert not answer.is_untouched


async def test_a_printer_that_hangs_up_leaves_everything_open(tmp_path: Path) -> None:
    document = tmp_path / "document"
    document.write_bytes(bytes(20_000_000))

    async def handler(request: web.Request) -> web.Response:
        await request.content.readany()
        assert request.transport
        request.transport.abort()
        return web.Response()

    answer = await ask(handler, document)
    assert isinstance(answer, Silence)
    assert not answer.is_untouched


async def test_a_printer_that_stays_silent_is_not_waited_for(tmp_path: Path) -> None:
    document = tmp_path / "document"
    document.write_bytes(bytes(20_000_000))

    async def handler(request: web.Request) -> web.Response:
        while request.transport and not request.transport.is_closing():
            await request.content.wait_eof()
        return web.Response()

    answer = await ask(handler, document)
    assert isinstance(answer, Silence)
    assert "no answer" in answer.detail
