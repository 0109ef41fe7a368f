"""Asks one node, over HTTPS with this node's own certificate.

Both ends show a certificate of our CA; the asked one must be valid for the host that is dialled. A
network that does not answer is an observation here, not an error. The caller bounds the time; a
call that is given up closes its connection, so a connection that died in its sleep swallows one
question and no more.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp
from pydantic import ValidationError

from replication.told import TOLD_BYTES_MAX, TOLD_PATH, Told

if TYPE_CHECKING:
    import ssl

    from yarl import URL

    from replication.told import Question

PIECE_BYTES: Final = 65_536
WORDS_BYTES_MAX: Final = 500
"""Of a refusal, in the log."""

_log = logging.getLogger(__name__)


class NodeClient:
    """An `Answering` node at `base`. `session` is shared and closed by its owner."""

    def __init__(self, base: URL, session: aiohttp.ClientSession, tls: ssl.SSLContext) -> None:
        self._url = base.joinpath(TOLD_PATH.removeprefix("/"))
        self._session = session
        self._tls = tls
        self._said = ""

    async def ask(self, question: Question) -> Told | None:
        """What the node says; None where it does not answer, or not to this question."""
        told: Told | None
        try:
            async with self._session.post(
                self._url,
                data=question.model_dump_json(),
                headers={"Content-Type": "application/json"},
                ssl=self._tls,
                allow_redirects=False,
            ) as response:
                content = await _content(response)
                if response.status == HTTPStatus.OK:
                    told, why = Told.model_validate_json(content), ""
                else:
                    said = content[:WORDS_BYTES_MAX].decode(errors="replace")
                    told, why = None, f"HTTP {response.status}: {said}"
        except (aiohttp.ClientError, OSError) as error:
            told, why = None, str(error) or type(error).__name__
        except ValidationError as error:
            told, why = None, f"an answer in a form that this version does not know: {error}"
        self._say(why)
        return told

    def _say(self, why: str) -> None:
        if why and why != self._said:
            _log.warning("%s does not answer: %s", self._url.origin(), why)
        if self._said and not why:
            _log.info("%s answers again", self._url.origin())
        self._said = why


async def _content(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while piece := await response.content.read(PIECE_BYTES):
        body += piece
        if len(body) > TOLD_BYTES_MAX:
            raise aiohttp.ClientPayloadError("the answer does not end")
    return bytes(body)
