"""A client that prints, lists and releases over IPP: the same for our site and for every peer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

import aiohttp

from chaos.errors import ChaosError
from failure_modes.errors import check
from site_server.ipp.attributes import (
    boolean,
    charset,
    integer,
    keyword,
    mime_type,
    name_,
    natural_language,
    uri,
)
from site_server.ipp.codec import ANSWER_LIMITS, decode, encode
from site_server.ipp.values import Group, Head, Message
from site_server.ipp.vocabulary import CONTENT_TYPE, GroupTag, Operation, Status

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from site_server.ipp.values import Attribute

ANSWER_S: Final = 30.0
SUCCESSFUL_BELOW: Final = 0x0100
PDF: Final = "application/pdf"


class IppRefusedError(ChaosError):
    """The printer did not do what it was asked for; the message has its status."""


class IppSilenceError(ChaosError):
    """There was no answer: nobody knows what became of what was asked."""


class IppBusyError(IppRefusedError):
    """The printer is busy with another document: ask again."""


class IppClient:
    """Talks to one printer or queue, over connections that stay open."""

    def __init__(self, port: int, path: str, trust: ssl.SSLContext | None = None) -> None:
        self.port = port
        scheme = "http" if trust is None else "https"
        self._url = f"{scheme}://localhost:{port}{path}"
        self._uri = f"ipp://localhost:{port}{path}"
        connector = aiohttp.TCPConnector(limit=64, ssl=trust if trust is not None else False)
        self._session = aiohttp.ClientSession(connector=connector)
        self._number = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def print_job(
        self, user_name: str, document: bytes, *, job_name: str = "letter", is_held: bool = False
    ) -> int:
        """Hand in a document; the job's number."""
        more = [mime_type("document-format", PDF), name_("job-name", job_name)]
        held = [Group(GroupTag.JOB, (keyword("job-hold-until", "indefinite"),))] if is_held else []
        message = await self._ask(Operation.PRINT_JOB, user_name, more, held, document)
        (job,) = (group for group in message.groups if group.tag == GroupTag.JOB)
        number = job.integer("job-id")
        check(number is not None, "a job without a number")
        return number or 0

    async def jobs(self, user_name: str) -> list[int]:
        """The numbers of the user's jobs that have not ended."""
        wanted = keyword("requested-attributes", "job-id", "job-name", "job-state")
        more = [keyword("which-jobs", "not-completed"), boolean("my-jobs", value=True), wanted]
        message = await self._ask(Operation.GET_JOBS, user_name, more)
        jobs = (group for group in message.groups if group.tag == GroupTag.JOB)
        return [number for job in jobs if (number := job.integer("job-id")) is not None]

    async def release(self, user_name: str, number: int) -> None:
        """Let a held job go."""
        await self._ask(Operation.RELEASE_JOB, user_name, [integer("job-id", number)])

    async def _ask(
        self,
        operation: Operation,
        user_name: str,
        more: list[Attribute],
        groups: list[Group] | None = None,
        document: bytes = b"",
    ) -> Message:
        self._number += 1
        head = Head(version=(2, 0), code=operation, request_id=self._number)
        about = (
            charset("attributes-charset", "utf-8"),
            natural_language("attributes-natural-language", "en"),
            uri("printer-uri", self._uri),
        )
        # A job is named beside its printer, so its number stands before the user's name.
        first = [each for each in more if each.name == "job-id"]
        rest = [each for each in more if each.name != "job-id"]
        attributes = (*about, *first, name_("requesting-user-name", user_name), *rest)
        asked = Message(head=head, groups=(Group(GroupTag.OPERATION, attributes), *(groups or ())))
        try:
            body = await self._post(encode(asked) + document)
        except (aiohttp.ClientError, OSError) as error:
            raise IppSilenceError(f"{operation.name}: {type(error).__name__}: {error}") from error
        answer = decode(body, ANSWER_LIMITS)
        code = answer.head.code
        if code >= SUCCESSFUL_BELOW:
            refusal = IppBusyError if code == Status.BUSY else IppRefusedError
            raise refusal(f"{operation.name} was refused with {code:#06x}")
        return answer

    async def _post(self, data: bytes) -> bytes:
        headers = {"Content-Type": CONTENT_TYPE}
        async with (
            asyncio.timeout(ANSWER_S),
            self._session.post(self._url, data=data, headers=headers) as response,
        ):
            if response.status != 200:  # noqa: PLR2004 - HTTP
                raise IppRefusedError(f"HTTP {response.status}")
            return await response.read()
