"""Files and lists from the primary's store, while the link is up.

Every wait is bounded, but not the whole: a snapshot over a thin line takes as long as it takes, as
long as something arrives.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import aclosing, asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp
from pydantic import ValidationError

from replication.adapters.ceiling import Ceiling
from replication.adapters.ltx_fetch import NotThereError, WrongBytesError
from replication.delta_chain import split
from replication.errors import BadMessageError, ReplicationError
from replication.known_entry import KNOWN_PATH, KnownEntry
from replication.manifest import Manifest
from replication.packed_file import CONTENT_TYPE, FROM_HEADER, BadPackError, Unpacker
from replication.wait import AskedToWaitError, wait_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

    from replication.manifest import LtxName

NETWORK_ERRORS: Final = (aiohttp.ClientError, OSError, TimeoutError)
MANIFEST_BYTES_MAX: Final = 256 * 1024 * 1024
"""A million files, each with its name and digest."""
DELTAS_BYTES_MAX: Final = 72 * 1024 * 1024
"""A delta of the most pages, none of which shrinks."""
KNOWN_BYTES_MAX: Final = 4_096
TAKES_PACKED: Final = f"{CONTENT_TYPE}, application/octet-stream;q=0.5"
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-")


class LinkDownError(ReplicationError):
    """There is no link to the primary now. It is tried again by itself; go on with what is here."""


class LinkRefusedError(ReplicationError):
    """The primary refused this. Its log says why."""


class Downloads:
    """Downloads over `session`, which is None while the link is down.

    `request_ms` is for the answer to begin, and between two pieces of it. All of them together keep
    below the `ceiling`.
    """

    def __init__(self, *, request_ms: int, ceiling: Ceiling | None = None) -> None:
        self._ceiling = ceiling or Ceiling(None)
        self._session: aiohttp.ClientSession | None = None
        self._waits: set[asyncio.Timeout] = set()
        self._request_s = request_ms / 1000
        self._plain: LtxName | None = None
        self.arrived_bytes = 0
        """What came over the line, since this process began."""

    @property
    def session(self) -> aiohttp.ClientSession | None:
        """What the downloads go over; None while the link is down."""
        return self._session

    @session.setter
    def session(self, session: aiohttp.ClientSession | None) -> None:
        self._session = session
        # Whoever waits for an answer over the session before is not told when that is closed.
        now_s = asyncio.get_running_loop().time() if self._waits else 0.0
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(now_s)

    async def manifest(self, after_txid: int) -> Manifest:
        """The primary's files that lead from `after_txid` (0: from nothing) to its head.

        Errors: `LinkDownError`, `LinkRefusedError`, `AskedToWaitError`, `BadMessageError`.
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
        `AskedToWaitError`, `BadMessageError`, `BadDeltaError`.
        """
        return split(
            await self._body(f"/v1/ltx/delta/{lineage}/{base_txid}-{txid}", DELTAS_BYTES_MAX)
        )

    async def known_entry(self, epoch: int, seq: int) -> KnownEntry:
        """What the primary has of this site's journal of that epoch.

        Errors: `NotThereError` (it is of an older version), and those of `manifest`.
        """
        body = await self._body(f"{KNOWN_PATH}/{epoch}/{seq}", KNOWN_BYTES_MAX)
        try:
            return KnownEntry.model_validate_json(body)
        except ValidationError as error:
            raise BadMessageError(f"The primary's answer is none: {error}") from error

    async def _body(self, path: str, bytes_max: int) -> bytes:
        body = bytearray()
        async with self._answer(path) as response:
            while piece := await self._piece(response):
                body += piece
                if len(body) > bytes_max:
                    raise BadMessageError(f"The primary's answer to {path} does not end.")
        return bytes(body)

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of that file of the primary's store, in pieces (an `ltx_fetch.Fetch`).

        They come packed where the primary has them so, unless the last attempt at this file brought
        no whole piece: then the line breaks too often for that, or what came was none.
        Errors: `NotThereError`, `WrongBytesError`, `LinkDownError`, `LinkRefusedError`,
        `AskedToWaitError`.
        """
        headers = {} if name == self._plain else {"Accept": TAKES_PACKED}
        path = f"/v1/ltx/file/{lineage}/{name}"
        async with self._answer(path, offset_bytes, headers) as response:
            is_packed = response.content_type == CONTENT_TYPE
            to_skip = (_packed_before if is_packed else _before)(response, offset_bytes)
            self._plain = name if is_packed else None
            pieces = self._unpacked(response) if is_packed else self._pieces(response)
            async with aclosing(pieces):
                async for piece in pieces:
                    if to_skip < len(piece):
                        yield piece[to_skip:]
                    to_skip = max(0, to_skip - len(piece))

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        while piece := await self._piece(response):
            yield piece

    async def _unpacked(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        unpacker, name = Unpacker(), self._plain
        try:
            while data := await self._piece(response):
                for piece in unpacker.feed(data):
                    self._plain = None
                    yield piece
        except BadPackError as error:
            self._plain = name
            raise WrongBytesError(str(error)) from error
        if not unpacker.is_between:
            self._plain = name
            raise WrongBytesError("A packed file ends inside a piece.")

    async def _piece(self, response: aiohttp.ClientResponse) -> bytes:
        async with self._in_time():
            piece = await response.content.readany()
        self.arrived_bytes += len(piece)
        await self._ceiling.spend(len(piece))
        return piece

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """A wait for headquarters, which ends with `LinkDownError` when the link does."""
        with _network():
            async with asyncio.timeout(self._request_s) as wait:
                self._waits.add(wait)
                try:
                    yield
                finally:
                    self._waits.discard(wait)

    @asynccontextmanager
    async def _answer(
        self, path: str, offset_bytes: int = 0, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a GET, if it is a good one. It may be the whole where a part was asked."""
        headers = dict(headers or {})
        if offset_bytes:
            headers["Range"] = f"bytes={offset_bytes}-"
        if self._session is None:
            raise LinkDownError
        async with self._in_time():
            # The bounds are ours: aiohttp's own would end a long download that goes well.
            response = await self._session.get(
                path, headers=headers, timeout=aiohttp.ClientTimeout(total=None)
            )
        try:
            if response.status == HTTPStatus.NOT_FOUND:
                raise NotThereError
            if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise WrongBytesError(f"The primary's {path} ends before byte {offset_bytes}.")
            wait = wait_of(response.status, response.headers)
            if wait is not None:
                raise AskedToWaitError(wait)
            if response.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                raise LinkRefusedError(f"The primary answered {path} with {response.status}.")
            yield response
        finally:
            # Read to its end the connection is kept for the next download, else closed.
            response.release()


def _before(response: aiohttp.ClientResponse, offset_bytes: int) -> int:
    """The bytes of the answer that come before the one asked for: a server may give the whole."""
    if response.status == HTTPStatus.OK:
        return offset_bytes
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) > offset_bytes:
        raise LinkRefusedError(f"The primary answered with another part of {response.url.path}.")
    return offset_bytes - int(found[1])


def _packed_before(response: aiohttp.ClientResponse, offset_bytes: int) -> int:
    """The same of a packed answer."""
    begins = response.headers.get(FROM_HEADER, "")
    if not (begins.isascii() and begins.isdecimal()) or int(begins) > offset_bytes:
        raise LinkRefusedError(f"The primary answered with another part of {response.url.path}.")
    return offset_bytes - int(begins)


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
