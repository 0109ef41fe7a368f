from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from chaos.live.waiting import until
from site_server.ipp.attributes import (
    charset,
    enum,
    integer,
    natural_language,
    text,
    uri,
)
from site_server.ipp.call import IppSettings
from site_server.ipp.codec import decode, encode
from site_server.ipp.values import Attribute, Group, Head, Message, Value
from site_server.ipp.vocabulary import GroupTag, Operation, Status, ValueTag
from tests.unit.site_server.ipp.serving import (
    CHARSET,
    LANGUAGE,
    PDF,
    Client,
    Scene,
    check_alive,
    scene,
    send_raw,
    status_of,
)


def http_request(body: bytes, *, promised: int | None = None, chunked: bool = False) -> bytes:
    length = f"Content-Length: {len(body) if promised is None else promised}"
    framing = "Transfer-Encoding: chunked" if chunked else length
    head = f"POST /printers/held HTTP/1.1\r\nHost: x\r\nContent-Type: application/ipp\r\n{framing}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


def print_job(client: Client, *attributes: Attribute) -> bytes:
    return encode(client.message(Operation.PRINT_JOB, "held", *attributes))


async def until_aborted(stage: Scene) -> None:
    async def aborted() -> bool:
        return stage.jobs.aborted > 0

    await until(aborted, "the document to be forgotten", within_ms=5_000, every_ms=10)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_shorter_than_promised_is_forgotten(*, chunked: bool) -> None:
    async with scene() as stage:
        body = print_job(stage.client) + PDF
        body = b"%x\r\n%s\r\n" % (len(body), body) if chunked else body
        request = http_request(body, promised=len(body) + 1_000, chunked=chunked)
        await send_raw(stage.client.port, request, half_close=True)
        await until_aborted(stage)

        assert not stage.jobs.all_jobs
        await check_alive(stage)


async def test_a_lost_connection_is_forgotten() -> None:
    async with scene() as stage:

        async def written() -> bool:
            return stage.jobs.writes > 0

        body = print_job(stage.client) + PDF
        _, writer = await asyncio.open_connection("127.0.0.1", stage.client.port)
        writer.write(http_request(body, promised=len(body) + 1_000))
        await writer.drain()
        await until(written, "the document to begin", within_ms=5_000, every_ms=10)
        writer.transport.abort()
        await until_aborted(stage)

        assert not stage.jobs.all_jobs
        await check_alive(stage)


async def test_a_client_that_stops_sending_is_answered_and_forgotten() -> None:
    async with scene(IppSettings(stall_ms=100)) as stage:
        body = print_job(stage.client) + PDF
        answer = await send_raw(stage.client.port, http_request(body, promised=len(body) + 1))

        assert status_of(decode(answer.partition(b"\r\n\r\n")[2])) is Status.TIMEOUT
        assert stage.jobs.aborted == 1
        assert not stage.jobs.all_jobs


async def test_a_truncated_message_is_a_bad_request_with_its_own_request_id() -> None:
    async with scene() as stage:
        for cut in (8, 9, 30):
            status, body = await stage.client.post(print_job(stage.client)[:cut])
            assert status == 200
            assert status_of(decode(body)) is Status.BAD_REQUEST
            assert decode(body).head.request_id == stage.client.request_id
        await check_alive(stage)


async def test_a_value_that_is_too_long_has_its_own_status() -> None:
    async with scene() as stage:
        long = Attribute("job-name", (Value(ValueTag.NAME, "x" * 256),))
        status, body = await stage.client.post(print_job(stage.client, long) + PDF)

        assert status == 200
        assert status_of(decode(body)) is Status.REQUEST_VALUE_TOO_LONG
        assert not stage.jobs.all_jobs
        await check_alive(stage)


@pytest.mark.parametrize("document", [b"", PDF * 100])
async def test_after_a_bad_request_the_same_connection_goes_on(document: bytes) -> None:
    async with scene() as stage:
        long = Attribute("job-name", (Value(ValueTag.NAME, "x" * 256),))
        bad = http_request(print_job(stage.client, long) + document)
        good = http_request(print_job(stage.client) + PDF)
        first = bad.replace(b"Connection: close\r\n", b"")
        answers = await send_raw(stage.client.port, first + good, answers=2)

        assert answers.count(b"HTTP/1.1 200 OK") == 2
        assert [job.document_bytes for job in stage.jobs.all_jobs] == [len(PDF)]


async def test_too_many_attributes_are_an_entity_that_is_too_large() -> None:
    async with scene() as stage:
        many = [text(f"a{number}", "x" * 1_000) for number in range(70)]
        _, body = await stage.client.post(print_job(stage.client, *many))

        assert status_of(decode(body)) is Status.REQUEST_ENTITY_TOO_LARGE


async def test_what_is_not_ipp_gets_no_ipp() -> None:
    async with scene() as stage:
        assert (await stage.client.post(b"hello", "text/plain"))[0] == 415
        assert (await stage.client.post(b"short"))[0] == 400
        assert (await stage.client.post(b""))[0] == 400
        await check_alive(stage)


@pytest.mark.parametrize(
    ("asked", "answered", "status"),
    [
        ((1, 0), (1, 1), Status.OK),
        ((1, 1), (1, 1), Status.OK),
        ((2, 0), (2, 0), Status.OK),
        ((2, 2), (2, 0), Status.OK),
        ((0, 0), (1, 1), Status.VERSION_NOT_SUPPORTED),
        ((3, 0), (2, 0), Status.VERSION_NOT_SUPPORTED),
    ],
)
async def test_the_answer_has_the_nearest_version(
    asked: tuple[int, int], answered: tuple[int, int], status: Status
) -> None:
    async with scene() as stage:
        message = stage.client.message(Operation.GET_PRINTER_ATTRIBUTES, "held")
        answer = await stage.client.send(
            replace(message, head=replace(message.head, version=asked))
        )

        assert answer.head.version == answered
        assert status_of(answer) is status


async def test_an_unreadable_message_of_an_unknown_version_is_of_that_version() -> None:
    async with scene() as stage:
        _, body = await stage.client.post(b"hello world, this is not IPP")

        assert status_of(decode(body)) is Status.VERSION_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        ((), Status.BAD_REQUEST),
        ((Group(GroupTag.JOB, (CHARSET, LANGUAGE)),), Status.BAD_REQUEST),
        ((Group(GroupTag.OPERATION, ()),), Status.BAD_REQUEST),
        ((Group(GroupTag.OPERATION, (LANGUAGE, CHARSET)),), Status.BAD_REQUEST),
        ((Group(GroupTag.OPERATION, (CHARSET, LANGUAGE)),), Status.BAD_REQUEST),
        (
            (Group(GroupTag.OPERATION, (charset("attributes-charset", "koi8-r"), LANGUAGE)),),
            Status.CHARSET_NOT_SUPPORTED,
        ),
        (
            (
                Group(
                    GroupTag.OPERATION,
                    (CHARSET, LANGUAGE, uri("printer-uri", "ipp://x/printers/nowhere")),
                ),
            ),
            Status.NOT_FOUND,
        ),
        (
            (
                Group(
                    GroupTag.OPERATION,
                    (CHARSET, LANGUAGE, *(uri("printer-uri", "ipp://x/printers/held"),) * 2),
                ),
            ),
            Status.BAD_REQUEST,
        ),
    ],
)
async def test_a_request_keeps_the_rules(groups: tuple[Group, ...], status: Status) -> None:
    head = Head(version=(1, 1), code=Operation.GET_PRINTER_ATTRIBUTES, request_id=9)
    async with scene() as stage:
        answer = await stage.client.send(Message(head=head, groups=groups))

        assert status_of(answer) is status
        assert answer.group(GroupTag.PRINTER).attributes == ()


async def test_an_operation_that_is_not_offered_is_named() -> None:
    async with scene() as stage:
        message = stage.client.message(Operation.PRINT_JOB, "held")
        print_uri = replace(message, head=replace(message.head, code=0x0003))
        answer = await stage.client.send(print_uri)

        assert status_of(answer) is Status.OPERATION_NOT_SUPPORTED
        assert "0x0003" in (answer.groups[0].text("status-message") or "")


async def test_every_address_takes_requests_and_the_printer_uri_decides() -> None:
    async with scene() as stage:
        body = encode(stage.client.message(Operation.GET_PRINTER_ATTRIBUTES, "direct"))
        for path in ("/", "/printers/held", "/ipp/print", "/ipp/print/held", "/jobs/", "/jobs/7"):
            async with stage.client.session.post(
                f"http://{stage.client.host}{path}",
                data=body,
                headers={"Content-Type": "application/ipp"},
            ) as response:
                answer = decode(await response.read())
            assert answer.group(GroupTag.PRINTER).text("printer-name") == "direct"


async def test_an_odd_host_header_is_not_repeated() -> None:
    async with scene() as stage:
        body = encode(stage.client.message(Operation.GET_PRINTER_ATTRIBUTES, "held"))
        request = http_request(body).replace(b"Host: x", b"Host: <script>")
        answer = decode((await send_raw(stage.client.port, request)).partition(b"\r\n\r\n")[2])

        found = answer.group(GroupTag.PRINTER).text("printer-uri-supported")
        assert found == f"ipp://127.0.0.1:{stage.client.port}/printers/held"


async def test_an_attribute_of_the_wrong_syntax_does_not_harm() -> None:
    async with scene() as stage:
        answer = await stage.client.ask(
            Operation.PRINT_JOB,
            "held",
            integer("job-name", 3),
            natural_language("document-name", "en"),
            enum("requesting-user-name", 4),
            document=PDF,
        )

        assert status_of(answer) is Status.OK
        assert stage.jobs.all_jobs[0].user_name == "anonymous"
        assert stage.jobs.all_jobs[0].job_name == "en"
        await check_alive(stage)
