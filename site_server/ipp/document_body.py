"""The document behind an IPP message, as it comes in: bounded, timed, inflated.

The endpoint never holds a document: `next_chunk` gives it out as it arrives, and whatever goes
wrong is one of the `BodyError`s, so that the caller has one thing to catch and can promise "nothing
was accepted".
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Final, Protocol

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from site_server.ipp.errors import (
    BodyCutError,
    BodyStalledError,
    CompressionError,
    DocumentTooLargeError,
)

GZIP_WINDOW_BITS: Final = 16 + zlib.MAX_WBITS
INFLATED_CHUNK_BYTES: Final = 262_144
PEEK_BYTES_MIN: Final = 16
"""The longest signature in `document_format` has 5 bytes."""


class Incoming(Protocol):
    """The part of aiohttp's stream reader that is needed."""

    async def readany(self) -> bytes:
        """The next bytes; empty at the end."""
        ...


class BodyReader:
    """Reads the body of one HTTP request; every wait is bounded by `stall_ms`."""

    def __init__(self, incoming: Incoming, *, stall_ms: int) -> None:
        self._incoming = incoming
        self._stall_ms = stall_ms

    async def chunk(self) -> bytes:
        """The next bytes; empty at the end of the body.

        Raises:
            BodyCutError: the connection ended first.
            BodyStalledError: nothing came for `stall_ms`.

        """
        try:
            async with asyncio.timeout(self._stall_ms / 1000):
                return await self._incoming.readany()
        except TimeoutError as error:
            raise BodyStalledError from error
        except (OSError, ClientError, HttpProcessingError, web.HTTPException) as error:
            raise BodyCutError from error


class DocumentBody:
    """The document of one request: what came with the message, then the rest of the body."""

    def __init__(self, first: bytes, reader: BodyReader, *, bytes_max: int) -> None:
        self._raw = first
        self._reader = reader
        self._bytes_left = bytes_max
        self._peeked = b""
        self._inflater: zlib._Decompress | None = None

    def inflate(self) -> None:
        """Read the body as gzip from now on. The bound counts the inflated bytes."""
        self._inflater = zlib.decompressobj(GZIP_WINDOW_BITS)

    async def peek(self) -> bytes:
        """The first bytes, enough to tell a format; empty if there is no document.

        Raises:
            BodyError: the body broke off.

        """
        while len(self._peeked) < PEEK_BYTES_MIN and (chunk := await self._next_plain()):
            self._peeked += chunk
        return self._peeked

    async def next_chunk(self) -> bytes:
        """The next bytes of the document; empty at its end.

        Raises:
            BodyError: the body broke off, is too large or is not valid gzip.

        """
        chunk, self._peeked = self._peeked, b""
        return chunk or await self._next_plain()

    async def _next_plain(self) -> bytes:
        chunk = await (self._next_inflated(self._inflater) if self._inflater else self._next_raw())
        self._bytes_left -= len(chunk)
        if self._bytes_left < 0:
            raise DocumentTooLargeError
        return chunk

    async def _next_raw(self) -> bytes:
        raw, self._raw = self._raw, b""
        return raw or await self._reader.chunk()

    async def _next_inflated(self, inflater: zlib._Decompress) -> bytes:
        """At most `INFLATED_CHUNK_BYTES`, however much a few compressed bytes may become."""
        raw = inflater.unconsumed_tail
        while True:
            chunk = b"" if inflater.eof else _inflate(inflater, raw)
            if chunk:
                return chunk
            if inflater.eof:
                await self._check_end(inflater)
                return b""
            raw = await self._next_raw()
            if not raw:
                raise CompressionError

    async def _check_end(self, inflater: zlib._Decompress) -> None:
        """Bytes behind the end of the gzip stream would be lost pages: refuse them."""
        if inflater.unused_data or await self._next_raw():
            raise CompressionError


def _inflate(inflater: zlib._Decompress, raw: bytes) -> bytes:
    """Also with no new bytes something may come out: zlib may hold back what did not fit before."""
    try:
        return inflater.decompress(raw, INFLATED_CHUNK_BYTES)
    except zlib.error as error:
        raise CompressionError from error
