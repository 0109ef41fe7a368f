"""Writer of LTX files, for the steps that a site rebuilt from a page delta.

Such a file holds the same pages as litestream's of the same name, and other bytes: LZ4 may pack a
page in many ways. The site's mirror keeps it as if it had been fetched, so that a replica can be
rebuilt with the WAN down, whatever way its pages came.

Format: replication/ltx.py, and docs/protocol.md.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import lz4.block
from fastcrc.crc64 import go_iso

from replication.ltx import (
    CHECKSUM_FLAG,
    FLAG_NO_CHECKSUM,
    FRAME,
    FRAME_HAS_SIZE,
    FRAMES_END,
    HEADER,
    MAGIC,
    U64,
    LtxHeader,
    append_varint,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_ltx(header: LtxHeader, pages: Iterable[tuple[int, bytes]]) -> bytes:
    """The file of these pages: ascending, none beyond `header.commit`, never the lock page."""
    body, index = io.BytesIO(), bytearray()
    crc: int = go_iso(b"")

    def put(stored: bytes, counted: bytes | None = None) -> None:
        nonlocal crc
        crc = go_iso(stored if counted is None else counted, crc)
        body.write(stored)

    put(_header(header))
    for page_number, image in pages:
        block = lz4.block.compress(image, store_size=False)
        frame = FRAME.pack(page_number, FRAME_HAS_SIZE, len(block))
        for number in (page_number, body.tell(), len(frame) + len(block)):
            append_varint(index, number)
        put(frame)
        put(block, image)
    index.append(0)
    put(FRAMES_END)
    put(bytes(index) + U64.pack(len(index)))
    put(U64.pack(0))  # no checksum of the whole database
    body.write(U64.pack(crc | CHECKSUM_FLAG))
    return body.getvalue()


def _header(header: LtxHeader) -> bytes:
    return HEADER.pack(
        MAGIC,
        FLAG_NO_CHECKSUM,
        header.page_size,
        header.commit,
        header.min_txid,
        header.max_txid,
        header.timestamp_ms,
        0,
        b"",
    )
