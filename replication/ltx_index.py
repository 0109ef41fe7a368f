"""Reader of one page of an LTX file by its index, without reading the rest.

A file is proved only by reading all of it (replication/ltx.py). Where an image is proved elsewhere,
that is waste: the base images of a page delta are found again by the checksums of what is made from
them, and of a snapshot of 20 MB often ten pages are wanted. So nothing here is verified but the
shape, and nothing from here may be written into a database.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from replication.ltx import (
    DAMAGED,
    FRAME,
    HEADER,
    TRAILER,
    U64,
    LtxError,
    LtxFile,
    read_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_unproved(source: BinaryIO, path: str = "LTX file") -> LtxFile:
    """The file with its pages where its index says; nothing is proved. Errors: `LtxError`."""
    size_bytes = source.seek(0, os.SEEK_END)
    tail_bytes = U64.size + TRAILER.size
    if size_bytes < HEADER.size + tail_bytes:
        raise LtxError(path=path, what="it ends inside the trailer", hint=DAMAGED)
    source.seek(0)
    header = read_header(source.read(HEADER.size), path)
    source.seek(size_bytes - tail_bytes)
    (index_bytes,) = U64.unpack(source.read(U64.size))
    if index_bytes > size_bytes - tail_bytes - HEADER.size:
        raise LtxError(path=path, what="its page index is longer than the file", hint=DAMAGED)
    source.seek(size_bytes - tail_bytes - index_bytes)
    numbers = _varints(source.read(index_bytes))
    offsets: dict[int, int] = {}
    for page_number in numbers:
        if page_number == 0:
            return LtxFile(header, source, offsets, path)
        offset, length = next(numbers, 0), next(numbers, 0)
        if not HEADER.size <= offset <= size_bytes - length or length <= FRAME.size:
            break
        offsets[page_number] = offset
    raise LtxError(path=path, what="its page index has no sense", hint=DAMAGED)


def _varints(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:  # noqa: PLR2004 - seven bits a byte, the lowest first
            yield value
            value = shift = 0
