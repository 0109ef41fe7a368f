"""Asks headquarters to renew this node's certificate, with that certificate."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp
from pydantic import BaseModel, ValidationError
from yarl import URL

from replication.renewal import ANSWER_BYTES_MAX, RENEW_PATH, RenewAnswer
from site_server.errors import (
    NoRenewalsError,
    RefusedRenewalError,
    UnansweredRenewalError,
)

if TYPE_CHECKING:
    import ssl

    from replication.adapters.link_client import LinkAddress

ASK_MS: Final = 10_000
WORDS_MAX: Final = 500


class _Problem(BaseModel):
    """Of a problem document, what people read."""

    detail: str


class AskRenewal:
    """One call each, on a connection of its own: it has to show the certificate of that moment."""

    def __init__(self, address: LinkAddress, context: ssl.SSLContext) -> None:
        self._url = URL.build(scheme="https", host=address.host, port=address.port, path=RENEW_PATH)
        self._context = context

    async def ask(self) -> RenewAnswer:
        """The certificates. Errors: those of `keep_certificate.Asking`."""
        content = bytearray()
        try:
            async with (
                asyncio.timeout(ASK_MS / 1000),
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._context)) as session,
                session.post(self._url, allow_redirects=False) as response,
            ):
                while piece := await response.content.read(ANSWER_BYTES_MAX - len(content)):
                    content += piece
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnansweredRenewalError(str(error) or type(error).__name__) from error
        if response.status == HTTPStatus.NOT_FOUND:
            raise NoRenewalsError
        if response.status != HTTPStatus.OK:
            raise RefusedRenewalError(_words_of(bytes(content), response.status))
        try:
            return RenewAnswer.model_validate_json(content)
        except ValidationError as error:
            raise UnansweredRenewalError("its answer is in a form not known here") from error


def _words_of(content: bytes, status: int) -> str:
    """What a refusal says to people."""
    try:
        said = _Problem.model_validate_json(content).detail
    except ValidationError:
        said = f"HTTP {status}"
    return said[:WORDS_MAX]
