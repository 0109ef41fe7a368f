"""Writes LTX files for tests, as litestream does (the integration test compares them)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lz4.block
from fastcrc.crc64 import go_iso

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Ltx:
    """The content of an LTX file; `encode` makes its bytes; `replace` does damage."""

    pages: Mapping[int, bytes]
    min_txid: int = 1
    max_txid: int = 1
    commit: int = 0
    """0: the highest page number."""
    page_size: int = 512
    magic: bytes = b"LTX1"
    flags: int = 2
    pre_apply: int = 0
    post_apply: int = 0
    frame_flags: int = 1
    index_shift: int = 0
    """Added to each offset in the index."""
    checksum_shift: int = 0

    def encode(self) -> bytes:
        header = struct.pack(
            ">4sIIIQQQQ52s",
            self.magic,
            self.flags,
            self.page_size,
            self.commit or max(self.pages, default=1),
            self.min_txid,
            self.max_txid,
            1_800_000_000_000,
            self.pre_apply,
            b"",
        )
        body, index, digested = bytearray(header), bytearray(), bytearray(header)
        for page_number, page in self.pages.items():
            block = lz4.block.compress(page, store_size=False)
            frame = struct.pack(">IHI", page_number, self.frame_flags, len(block))
            offset = len(body) + self.index_shift
            for number in (page_number, offset, len(frame) + len(block)):
                index += varint(number)
            body += frame + block
            digested += frame + page
        tail = bytes(6) + index + b"\0" + struct.pack(">QQ", len(index) + 1, self.post_apply)
        checksum = go_iso(bytes(digested + tail)) | 1 << 63
        return bytes(body + tail) + struct.pack(">Q", checksum + self.checksum_shift)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
