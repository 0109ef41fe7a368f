from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass

import pytest

from site_server.ipp.document_body import INFLATED_CHUNK_BYTES, BodyReader, DocumentBody
from site_server.ipp.errors import (
    BodyCutError,
    BodyStalledError,
    CompressionError,
    DocumentTooLargeError,
)


@dataclass(slots=True)
class Pieces:
    """A body that comes in these pieces, then ends as it is told."""

    pieces: list[bytes]
    error: Exception | None = None
    hangs: bool = False

    async def readany(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return b""


def body(*pieces: bytes, first: bytes = b"", bytes_max: int = 1_000_000) -> DocumentBody:
    return DocumentBody(first, BodyReader(Pieces([*pieces]), stall_ms=50), bytes_max=bytes_max)


def packed(content: bytes, *, step: int = 7, bytes_max: int = 10_000_000) -> DocumentBody:
    return cut_body(gzip.compress(content), step=step, bytes_max=bytes_max)


def cut_body(raw: bytes, *, step: int, bytes_max: int = 10_000_000) -> DocumentBody:
    pieces = [raw[start : start + step] for start in range(0, len(raw), step)]
    document = body(*pieces, bytes_max=bytes_max)
    document.inflate()
    return document


async def whole(document: DocumentBody) -> bytes:
    content = b""
    while chunk := await document.next_chunk():
        content += chunk
    return content


async def test_the_beginning_that_came_with_the_message_comes_first() -> None:
    assert await whole(body(b"and the rest", first=b"the beginning ")) == (
        b"the beginning and the rest"
    )


async def test_a_look_at_the_beginning_takes_nothing_away() -> None:
    document = body(b"%", b"P", b"DF-1.4 and a long", b" rest")

    assert (await document.peek()).startswith(b"%PDF-1.4")
    assert await whole(document) == b"%PDF-1.4 and a long rest"


async def test_no_document_is_seen_at_once() -> None:
    assert await body().peek() == b""


async def test_more_bytes_than_allowed_are_refused() -> None:
    assert await whole(body(b"12345", bytes_max=5)) == b"12345"
    with pytest.raises(DocumentTooLargeError):
        await whole(body(b"12345", b"6", bytes_max=5))


async def test_a_connection_that_ends_too_soon_is_a_cut() -> None:
    reader = BodyReader(Pieces([b"x"], error=ConnectionResetError()), stall_ms=1_000)

    with pytest.raises(BodyCutError):
        await whole(DocumentBody(b"", reader, bytes_max=10))


async def test_a_silent_client_is_not_waited_for() -> None:
    reader = BodyReader(Pieces([b"x"], hangs=True), stall_ms=20)

    with pytest.raises(BodyStalledError):
        await whole(DocumentBody(b"", reader, bytes_max=10))


@pytest.mark.parametrize("step", [1, 7, 100_000])
async def test_gzip_is_inflated_from_pieces_of_any_size(step: int) -> None:
    content = bytes(range(256)) * 1_000

    assert await whole(packed(content, step=step)) == content


async def test_a_few_bytes_that_become_many_come_in_bounded_chunks() -> None:
    document = packed(bytes(3_000_000), step=100_000)
    sizes = []
    while chunk := await document.next_chunk():
        sizes.append(len(chunk))

    assert sum(sizes) == 3_000_000
    assert max(sizes) <= INFLATED_CHUNK_BYTES


async def test_a_bomb_is_refused_at_the_bound() -> None:
    with pytest.raises(DocumentTooLargeError):
        await whole(packed(bytes(3_000_000), bytes_max=1_000_000))


@pytest.mark.parametrize(
    "raw",
    [
        b"this is not gzip at all",
        gzip.compress(b"content", mtime=0)[:-3],
        gzip.compress(b"content", mtime=0) + b"trailing",
        gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0),
        gzip.compress(b"content", mtime=0)[:-5] + b"\xff" + gzip.compress(b"content", mtime=0)[-4:],
    ],
)
async def test_broken_gzip_is_refused(raw: bytes) -> None:
    for step in (3, 1_000):
        with pytest.raises(CompressionError):
            await whole(cut_body(raw, step=step))
