"""The HTTP face of the IPP endpoint: one aiohttp handler for all addresses that clients post to.

A request is read in two steps: the IPP message from the first bytes of the body, then, by the
operation, the document behind it. HTTP says 200 whenever an IPP answer can be given; 415 and 400
are for bodies that are not IPP at all. A body that breaks off is answered too: if the client is
still there it hears why.
"""

from __future__ import annotations

import logging
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from aiohttp import web

from site_server.ipp.basic import CHALLENGE, proven, read_basic
from site_server.ipp.call import Call, IppSettings, Reply, failed, to_message
from site_server.ipp.codec import MessageDecoder, encode
from site_server.ipp.document_body import BodyReader, DocumentBody
from site_server.ipp.errors import BodyError, ChallengeError, CodecError, IppError
from site_server.ipp.operations import perform
from site_server.ipp.request import check_version, read_request
from site_server.ipp.uris import Uris, is_authority
from site_server.ipp.vocabulary import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from site_server.ipp.basic import Prover
    from site_server.ipp.service_port import JobService
    from site_server.ipp.values import Head

PATHS: Final = (
    "/",
    "/printers/",
    "/printers/{queue}",
    "/ipp/print",
    "/ipp/print/{queue}",
    "/jobs/",
    "/jobs/{job_id}",
)
"""CUPS clients post to `/` and `/jobs/`; the printer-uri or job-uri inside says what is meant."""

_log = logging.getLogger(__name__)


class IppEndpoint:
    """Answers IPP over HTTP for one `JobService`.

    `wall_ms` is the clock of the site; `settings` are the bounds. Without a `prover` everybody is
    who they say.
    """

    def __init__(
        self,
        service: JobService,
        *,
        wall_ms: Callable[[], int],
        settings: IppSettings | None = None,
        prover: Prover | None = None,
    ) -> None:
        self._service = service
        self._prover = prover
        self._wall_ms = wall_ms
        self._settings = settings or IppSettings()

    def routes(self) -> list[web.RouteDef]:
        """The routes to add to an application. They use POST only."""
        return [web.post(path, self.handle) for path in PATHS]

    async def handle(self, http: web.Request) -> web.Response:
        """Answer one request."""
        if http.content_type != CONTENT_TYPE:
            return _plain(415, f"Post {CONTENT_TYPE} here.")
        reader = BodyReader(http.content, stall_ms=self._settings.stall_ms)
        decoder = MessageDecoder()
        try:
            reply = await self._answer(http, reader, decoder)
        except ChallengeError as error:
            return _plain(401, str(error), {"WWW-Authenticate": CHALLENGE})
        except IppError as error:
            reply = failed(_version_first(decoder.head, error))
            if isinstance(error, BodyError):
                _log.info("request from %s broke off: %s", http.remote, error)
        if decoder.head is None:
            return _plain(400, "This is not an IPP message.")
        body = encode(to_message(reply, decoder.head))
        return web.Response(body=body, content_type=CONTENT_TYPE)

    async def _answer(
        self, http: web.Request, reader: BodyReader, decoder: MessageDecoder
    ) -> Reply:
        while decoder.message is None:
            chunk = await reader.chunk()
            if not chunk:
                break
            decoder.feed(chunk)
        request = read_request(decoder.finish(), http.remote or "")
        uris = _uris(http)
        prover = self._prover if uris.takes_basic else None
        credentials = read_basic(http.headers.get("Authorization")) if prover else None
        if prover is not None and credentials is not None:
            request = await proven(request, credentials, self._service, prover)
        call = Call(
            request=request,
            body=DocumentBody(decoder.rest, reader, bytes_max=self._settings.document_bytes_max),
            service=self._service,
            uris=uris,
            settings=self._settings,
            now_ms=self._wall_ms(),
            takes_basic=prover is not None,
        )
        return await perform(call)


def _version_first(head: Head | None, error: IppError) -> IppError:
    """A message of a version that we cannot read is not malformed, it is of that version."""
    if head is None or not isinstance(error, CodecError):
        return error
    try:
        check_version(head)
    except IppError as version_error:
        return version_error
    return error


def _uris(http: web.Request) -> Uris:
    """Our address as the client wrote it, or as the socket has it."""
    return Uris(
        authority=_authority(http),
        is_secure=http.secure,
        is_loopback=_is_loopback(http.remote),
    )


def _authority(http: web.Request) -> str:
    if is_authority(http.host):
        return http.host
    name = http.transport.get_extra_info("sockname") if http.transport else None
    host, port = name[:2] if name else ("localhost", 631)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=text + "\n", headers=headers)
