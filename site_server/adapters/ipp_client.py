"""One request to a printer and its answer: `ask` for IPP over HTTP, nothing that knows jobs.

Every wait is bounded by `stall_ms`, counted again from each chunk of a document that the printer
took: a slow printer may take an hour for a large document, a dead one is noticed.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientConnectorError, ClientError, ClientTimeout

from site_server.ipp.attributes import charset, name_, natural_language, uri
from site_server.ipp.codec import ANSWER_LIMITS, MessageDecoder, encode
from site_server.ipp.delivery_port import Refused, Silence
from site_server.ipp.errors import CodecError
from site_server.ipp.request import CHARSET, LANGUAGE
from site_server.ipp.values import Attribute, Group, Head, Message
from site_server.ipp.vocabulary import CONTENT_TYPE, SUCCESS_END, GroupTag, Operation, Status

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from aiohttp import ClientResponse, ClientSession

IPP_PORT: Final = 631
STALL_MS: Final = 30_000
HTTP_OK: Final = 200
HTTP_SERVER_ERROR: Final = 500
CHUNK_BYTES: Final = 262_144
_NO_OWN_TIMEOUTS: Final = ClientTimeout(total=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request to a printer. `document` is sent behind it."""

    printer_uri: str
    operation: Operation
    user_name: str
    attributes: tuple[Attribute, ...] = ()
    template: tuple[Attribute, ...] = ()
    document: Path | None = None


class PrinterClient:
    """Asks printers. `tls` is how to trust `ipps` printers; None means the system's authorities."""

    def __init__(
        self, session: ClientSession, *, stall_ms: int = STALL_MS, tls: ssl.SSLContext | None = None
    ) -> None:
        self._session = session
        self._stall_ms = stall_ms
        self._tls = tls
        self._request_ids = count(1)

    async def ask(self, question: Question) -> Message | Refused | Silence:
        """The printer's answer. A success is a `Message`; everything else says why not."""
        message = _message(question, next(self._request_ids) % (2**31 - 1) + 1)
        try:
            async with asyncio.timeout(self._stall_ms / 1000) as deadline:
                return await self._post(question, message, deadline)
        except ClientConnectorError as error:
            return Silence(detail=f"no connection: {error}", is_untouched=True)
        except TimeoutError:
            detail = f"no answer within {self._stall_ms} ms"
            return Silence(detail=detail, is_untouched=False)
        except (ClientError, OSError) as error:
            return Silence(detail=f"the connection broke: {error!r}", is_untouched=False)
        except CodecError as error:
            return Silence(detail=f"the printer answered no IPP: {error}", is_untouched=False)

    async def _post(
        self, question: Question, message: Message, deadline: asyncio.Timeout
    ) -> Message | Refused | Silence:
        head = encode(message)
        headers = {"Content-Type": CONTENT_TYPE}
        with _opened(question.document) as (document, document_bytes):
            headers["Content-Length"] = str(len(head) + document_bytes)
            async with self._session.post(
                http_url(question.printer_uri),
                data=self._body(head, document, deadline),
                headers=headers,
                timeout=_NO_OWN_TIMEOUTS,
                ssl=True if self._tls is None else self._tls,
                allow_redirects=False,
            ) as response:
                if response.status != HTTP_OK:
                    return _http_no(response)
                return _judge(await _read(response), message.head.request_id)

    async def _body(
        self, head: bytes, document: BinaryIO | None, deadline: asyncio.Timeout
    ) -> AsyncIterator[bytes]:
        yield head
        if document is None:
            return
        while chunk := await asyncio.to_thread(document.read, CHUNK_BYTES):
            yield chunk
            now = asyncio.get_running_loop().time()
            deadline.reschedule(now + self._stall_ms / 1000)


@contextmanager
def _opened(path: Path | None) -> Iterator[tuple[BinaryIO | None, int]]:
    """The document and its size in bytes, while it is sent.

    Opened here and not in a thread: whoever is interrupted while a thread opens a file cannot close
    it any more. Opening a local file takes microseconds.
    """
    if path is None:
        yield None, 0
        return
    with path.open("rb") as file:
        yield file, os.fstat(file.fileno()).st_size


def http_url(printer_uri: str) -> str:
    """The HTTP address behind an ipp or ipps address (RFC 8010, 4.5; RFC 7472)."""
    parts = urlsplit(printer_uri)
    if parts.scheme not in {"ipp", "ipps"}:
        return printer_uri
    authority = parts.netloc if parts.port else f"{parts.netloc}:{IPP_PORT}"
    scheme = "https" if parts.scheme == "ipps" else "http"
    return urlunsplit((scheme, authority, parts.path or "/", parts.query, ""))


def _message(question: Question, request_id: int) -> Message:
    operation = (
        charset("attributes-charset", CHARSET),
        natural_language("attributes-natural-language", LANGUAGE),
        uri("printer-uri", question.printer_uri),
        *question.attributes,
        name_("requesting-user-name", question.user_name),
    )
    groups = [Group(GroupTag.OPERATION, operation)]
    if question.template:
        groups.append(Group(GroupTag.JOB, question.template))
    head = Head(version=(1, 1), code=question.operation, request_id=request_id)
    return Message(head=head, groups=tuple(groups))


def _http_no(response: ClientResponse) -> Refused | Silence:
    """A 4xx was refused; what a server that broke did with the document, nobody knows."""
    detail = f"HTTP {response.status} {response.reason}"
    if response.status >= HTTP_SERVER_ERROR:
        return Silence(detail=detail, is_untouched=False)
    return Refused(detail=detail)


async def _read(response: ClientResponse) -> Message:
    decoder = MessageDecoder(ANSWER_LIMITS)
    async for chunk in response.content.iter_any():
        if decoder.message is None:
            decoder.feed(chunk)
    return decoder.finish()


def _judge(answer: Message, request_id: int) -> Message | Refused | Silence:
    if answer.head.request_id != request_id:
        return Silence(detail="the printer answered another request", is_untouched=False)
    if answer.head.code < SUCCESS_END:
        return answer
    said = answer.group(GroupTag.OPERATION).text("status-message") or ""
    return Refused(
        detail=f"{_keyword(answer.head.code)} {said}".strip(),
        status=answer.head.code,
    )


def _keyword(code: int) -> str:
    try:
        return Status(code).name.lower().replace("_", "-")
    except ValueError:
        return f"status 0x{code:04x}"
