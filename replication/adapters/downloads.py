"""Files and lists from the primary's store, while the link is up.

Every wait is bounded, but not the whole: a snapshot over a thin line takes as long as it takes, as
long as something arrives.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp

from replication.adapters.ltx_mirror import NotThereError
from replication.delta_chain import split
from replication.errors import BadMessageError, ReplicationError
from replication.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from replication.manifest import LtxName

NETWORK_ERRORS: Final = (aiohttp.ClientError, OSError, TimeoutError)
MANIFEST_BYTES_MAX: Final = 256 * 1024 * 1024
"""A million files, each with its name and digest."""
DELTAS_BYTES_MAX: Final = 72 * 1024 * 1024
"""A delta of the most pages, none of which shrinks."""


class LinkDownError(ReplicationError):
    """There is no link to the primary now. It is tried again by itself; go on with what is here."""


class LinkRefusedError(ReplicationError):
    """The primary refused this. Its log says why."""


class Downloads:
    """Downloads over `session`, which is None while the link is down.

    `request_ms` is for the answer to begin, and between two pieces of it.
    """

    def __init__(self, *, request_ms: int) -> None:
        self.session: aiohttp.ClientSession | None = None
        self._request_s = request_ms / 1000

    async def manifest(self, after_txid: int) -> Manifest:
        """The primary's files that lead from `after_txid` (0: from nothing) to its head.

        Errors: `LinkDownError`, `LinkRefusedError`, `BadMessageError`.
        """
        body = await self._body(f"/v1/ltx/manifest?after={after_txid}", MANIFEST_BYTES_MAX)
        try:
            value = json.loads(body)
        except ValueError as error:
            raise BadMessageError(f"The primary's manifest is not JSON: {error}") from error
        return Manifest.from_json(value)

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """Page deltas that lead from the one TXID to the other, one after the other.

        Errors: `NotThereError` (take LTX files), `LinkDownError`, `LinkRefusedError`,
        `BadMessageError`, `BadDeltaError`.
        """
        return split(
            await self._body(f"/v1/ltx/delta/{lineage}/{base_txid}-{txid}", DELTAS_BYTES_MAX)
        )

    async def _body(self, path: str, bytes_max: int) -> bytes:
        body = bytearray()
        async with self._answer(path) as response:
            while piece := await self._piece(response):
                body += piece
                if len(body) > bytes_max:
                    raise BadMessageError(f"The primary's answer to {path} does not end.")
        return bytes(body)

    async def fetch(self, name: LtxName, lineage: str) -> AsyncGenerator[bytes, None]:
        """The bytes of that file of the primary's store, in pieces (a `ltx_mirror.Fetch`).

        Errors: `NotThereError`, `LinkDownError`, `LinkRefusedError`.
        """
        async with self._answer(f"/v1/ltx/file/{lineage}/{name}") as response:
            while piece := await self._piece(response):
                yield piece

    async def _piece(self, response: aiohttp.ClientResponse) -> bytes:
        with _network():
            async with asyncio.timeout(self._request_s):
                return await response.content.readany()

    @asynccontextmanager
    async def _answer(self, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a GET, if it is a good one."""
        if self.session is None:
            raise LinkDownError
        with _network():
            async with asyncio.timeout(self._request_s):
                # The bounds are ours: aiohttp's own would end a long download that goes well.
                response = await self.session.get(path, timeout=aiohttp.ClientTimeout(total=None))
        try:
            if response.status == HTTPStatus.NOT_FOUND:
                raise NotThereError
            if response.status != HTTPStatus.OK:
                raise LinkRefusedError(f"The primary answered {path} with {response.status}.")
            yield response
        finally:
            # Read to its end the connection is kept for the next download, else closed.
            response.release()


def words_of(error: BaseException) -> str:
    """What a network's error says, for a log."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except NETWORK_ERRORS as error:
        raise LinkDownError(f"{LinkDownError.__doc__} ({words_of(error)})") from error
