"""A real endpoint on a real port over the memory job service, and a client for it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import ClientSession, ClientTimeout, web

from site_server.ipp.attributes import charset, name_, natural_language, uri
from site_server.ipp.codec import decode, encode
from site_server.ipp.endpoint import IppEndpoint
from site_server.ipp.testing import MemoryJobService, direct_queue, held_queue
from site_server.ipp.values import Attribute, Group, Head, Message
from site_server.ipp.vocabulary import CONTENT_TYPE, GroupTag, Operation, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from site_server.ipp.call import IppSettings
    from site_server.ipp.service_port import JobService

NOW_MS = 1_800_000_000_000
PDF = b"%PDF-1.4\n" + b"x" * 5_000
CHARSET = charset("attributes-charset", "utf-8")
LANGUAGE = natural_language("attributes-natural-language", "en")


@dataclass(slots=True)
class Client:
    """Sends IPP to the endpoint."""

    session: ClientSession
    port: int
    request_id: int = field(default=41)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def queue_uri(self, name: str) -> str:
        return f"ipp://{self.host}/printers/{name}"

    async def post(self, body: bytes, content_type: str = CONTENT_TYPE) -> tuple[int, bytes]:
        async with self.session.post(
            f"http://{self.host}/printers/held",
            data=body,
            headers={"Content-Type": content_type},
        ) as response:
            return response.status, await response.read()

    async def send(self, message: Message, document: bytes = b"") -> Message:
        status, body = await self.post(encode(message) + document)
        assert status == 200
        answer = decode(body)
        assert answer.head.request_id == message.head.request_id
        assert answer.groups[0].attributes[:2] == (CHARSET, LANGUAGE)
        return answer

    def message(
        self,
        operation: Operation,
        queue: str,
        *attributes: Attribute,
        template: tuple[Attribute, ...] = (),
    ) -> Message:
        self.request_id += 1
        mine = (
            CHARSET,
            LANGUAGE,
            uri("printer-uri", self.queue_uri(queue)),
            *attributes,
        )
        if not any(one.name == "requesting-user-name" for one in attributes):
            mine += (name_("requesting-user-name", "anna"),)
        groups = (Group(GroupTag.OPERATION, mine), Group(GroupTag.JOB, template))
        head = Head(version=(1, 1), code=operation, request_id=self.request_id)
        return Message(head=head, groups=groups if template else groups[:1])

    async def ask(
        self,
        operation: Operation,
        queue: str,
        *attributes: Attribute,
        template: tuple[Attribute, ...] = (),
        document: bytes = b"",
    ) -> Message:
        message = self.message(operation, queue, *attributes, template=template)
        return await self.send(message, document)


@dataclass(frozen=True, slots=True)
class Scene:
    """An endpoint with a held and a direct queue, and a client at it."""

    jobs: MemoryJobService
    client: Client


def status_of(answer: Message) -> Status:
    return Status(answer.head.code)


def job_of(answer: Message) -> Group:
    return answer.group(GroupTag.JOB)


def job_id_of(answer: Message) -> int:
    number = job_of(answer).integer("job-id")
    assert number is not None
    return number


async def check_alive(stage: Scene) -> None:
    """The process lives on and the next document is taken."""
    answer = await stage.client.ask(Operation.PRINT_JOB, "held", document=PDF)
    assert status_of(answer) is Status.OK
    assert stage.jobs.content(job_id_of(answer)) == PDF


@asynccontextmanager
async def endpoint(service: JobService, settings: IppSettings | None = None) -> AsyncIterator[int]:
    """The port of a running endpoint."""
    app = web.Application()
    app.add_routes(IppEndpoint(service, wall_ms=lambda: NOW_MS, settings=settings).routes())
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def scene(
    settings: IppSettings | None = None, *, bytes_free: int = 1 << 30
) -> AsyncIterator[Scene]:
    """Everything that a test of the endpoint needs."""
    jobs = MemoryJobService(
        held_queue(), direct_queue(), wall_ms=lambda: NOW_MS, bytes_free=bytes_free
    )
    async with (
        endpoint(jobs, settings) as port,
        ClientSession(timeout=ClientTimeout(total=20)) as session,
    ):
        yield Scene(jobs, Client(session, port))


async def send_raw(
    port: int, request: bytes, *, half_close: bool = False, answers: int = 1
) -> bytes:
    """What the endpoint answers to these bytes on a connection of their own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    if half_close:
        writer.write_eof()
    try:
        async with asyncio.timeout(10):
            said = await reader.read(65_536)
            while said.count(b"HTTP/1.1 ") < answers and (more := await reader.read(65_536)):
                said += more
            return said
    finally:
        writer.close()
        await writer.wait_closed()
