"""Reader of LTX files, format 3, as litestream 0.5.17 writes them.

Theory of operation
-------------------
An LTX file is a header, one frame per changed page (an LZ4 block), an index of the frames, and a
CRC-64 over the *decompressed* content. So nothing is known to be right until everything was
decompressed once. `read_ltx` does that, in one pass through the file, and keeps only where each
frame lies (about 100 bytes a page); pages are decompressed a second time when they are asked for. A
snapshot of any size is read in the memory of a page and its index, and no byte of a damaged file is
ever handed out.

Rejected: handing pages out on the way and checking at the end. litestream's own follower does it,
and writes damaged pages into the database before it notices.

Format: superfly/ltx. A file does not say its version, so whatever does not fit is refused.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

import lz4.block
from fastcrc.crc64 import go_iso

from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAGIC: Final = b"LTX1"
FLAG_NO_CHECKSUM: Final = 0x2
"""The only flag litestream sets: the file keeps no checksum of the whole database."""
FRAME_HAS_SIZE: Final = 0x1
CHECKSUM_FLAG: Final = 1 << 63
LOCK_BYTE: Final = 2**30
"""SQLite locks this byte; the page that holds it is never stored."""
PAGE_SIZE_MIN: Final = 512
PAGE_SIZE_MAX: Final = 65_536
HEADER: Final = struct.Struct(">4sIIIQQQQ52s")
FRAME: Final = struct.Struct(">IHI")
FRAMES_END: Final = bytes(6)
TRAILER: Final = struct.Struct(">QQ")
U64: Final = struct.Struct(">Q")

DAMAGED: Final = "The file is damaged: delete it and fetch it again."
FOREIGN: Final = "litestream 0.5.17 does not write such files: check the version of the primary's."


class LtxError(ReplicationError):
    """An LTX file was refused."""

    def __init__(self, *, path: str, what: str, hint: str) -> None:
        self.path = path
        self.what = what
        self.hint = hint
        super().__init__(f"{path}: {what}. {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LtxHeader:
    """What a file says of itself. `commit` is the size of the database afterwards, in pages."""

    page_size: int
    commit: int
    min_txid: int
    max_txid: int
    timestamp_ms: int

    @property
    def lock_page(self) -> int:
        """The number of the page that is never stored."""
        return lock_page(self.page_size)

    @property
    def is_complete(self) -> bool:
        """True where the file starts from nothing and so holds every page."""
        return self.min_txid == 1


def lock_page(page_size: int) -> int:
    """The number of the page that SQLite never uses, because it locks bytes in it."""
    return LOCK_BYTE // page_size + 1


class LtxFile:
    """A verified file. Pages are read from `source` when asked for, so keep it open as long."""

    def __init__(
        self, header: LtxHeader, source: BinaryIO, offsets: Mapping[int, int], path: str
    ) -> None:
        self.header = header
        self.path = path
        self._source = source
        self._offsets = offsets

    @property
    def page_numbers(self) -> Iterator[int]:
        """The numbers of its pages, ascending."""
        return iter(self._offsets)

    def __len__(self) -> int:
        return len(self._offsets)

    def page(self, page_number: int) -> bytes:
        """The image of a page. Errors: `KeyError` where the file does not hold it."""
        self._source.seek(self._offsets[page_number])
        scan = _Scan(self._source, self.path)
        _, _, size_bytes = FRAME.unpack(scan.take(FRAME.size, "a page frame"))
        return scan.inflate(scan.take(size_bytes, "a page"), self.header.page_size)

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """Each page number with its image, ascending."""
        for page_number in self._offsets:
            yield page_number, self.page(page_number)


def read_header(data: bytes, path: str = "LTX file") -> LtxHeader:
    """The header at the start of `data`. Errors: `LtxError`."""
    return _header(_Scan(io.BytesIO(data), path).take(HEADER.size, "the header"), path)


def read_ltx(source: BinaryIO | bytes, path: str = "LTX file") -> LtxFile:
    """The file, once all of it was read and its checksum is right. Errors: `LtxError`."""
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    source.seek(0)
    scan = _Scan(source, path)
    first = scan.take(HEADER.size, "the header")
    header = _header(first, path)
    scan.digest(first)
    offsets, expected_index = _frames(scan, header)
    index = scan.take(len(expected_index) + U64.size, "the page index")
    if index != expected_index + U64.pack(len(expected_index)):
        scan.refuse("the page index does not agree with the pages")
    scan.digest(index)
    trailer = scan.take(TRAILER.size, "the trailer")
    post_apply, checksum = TRAILER.unpack(trailer)
    scan.digest(trailer[: U64.size])
    if post_apply != 0:
        scan.refuse("it carries a database checksum", FOREIGN)
    if checksum != scan.crc | CHECKSUM_FLAG:
        scan.refuse("its checksum is wrong")
    if source.read(1):
        scan.refuse("something follows the trailer")
    return LtxFile(header, source, offsets, path)


class _Scan:
    """Reads a file from where it stands, never less than asked for, and keeps the checksum."""

    def __init__(self, source: BinaryIO, path: str) -> None:
        self.path = path
        self.offset = 0
        self.crc: int = go_iso(b"")
        self._source = source

    def take(self, size_bytes: int, what: str) -> bytes:
        data = self._source.read(size_bytes)
        if len(data) != size_bytes:
            self.refuse(f"it ends inside {what}")
        self.offset += size_bytes
        return data

    def digest(self, data: bytes) -> None:
        self.crc = go_iso(data, self.crc)

    def inflate(self, block: bytes, page_size: int) -> bytes:
        try:
            page: bytes = lz4.block.decompress(block, uncompressed_size=page_size)
        except lz4.block.LZ4BlockError as error:
            raise LtxError(
                path=self.path, what=f"a page cannot be decompressed ({error})", hint=DAMAGED
            ) from error
        if len(page) != page_size:
            self.refuse(f"a page decompresses to {len(page)} bytes instead of {page_size}")
        return page

    def refuse(self, what: str, hint: str = DAMAGED) -> None:
        raise LtxError(path=self.path, what=what, hint=hint)


def _header(data: bytes, path: str) -> LtxHeader:
    magic, flags, page_size, commit, min_txid, max_txid, timestamp_ms, pre_apply, _ = HEADER.unpack(
        data
    )
    complaint = None
    if magic != MAGIC:
        complaint = "it does not begin as an LTX file"
    elif flags != FLAG_NO_CHECKSUM or pre_apply != 0:
        complaint = f"its flags are {flags:#x} and not {FLAG_NO_CHECKSUM:#x}"
    elif not PAGE_SIZE_MIN <= page_size <= PAGE_SIZE_MAX or page_size & (page_size - 1):
        complaint = f"{page_size} is not a page size"
    elif commit == 0:
        complaint = "it leaves no page in the database"
    elif not 1 <= min_txid <= max_txid:
        complaint = f"it covers the impossible transactions {min_txid} to {max_txid}"
    if complaint is not None:
        raise LtxError(path=path, what=complaint, hint=DAMAGED if magic != MAGIC else FOREIGN)
    return LtxHeader(
        page_size=page_size,
        commit=commit,
        min_txid=min_txid,
        max_txid=max_txid,
        timestamp_ms=timestamp_ms,
    )


def _frames(scan: _Scan, header: LtxHeader) -> tuple[dict[int, int], bytes]:
    """Where each page's frame lies, and the page index that belongs to them."""
    offsets: dict[int, int] = {}
    index = bytearray()
    block_bytes_max = header.page_size + header.page_size // 255 + 16
    last = 0
    while (start := scan.take(len(FRAMES_END), "the pages")) != FRAMES_END:
        offset = scan.offset - len(start)
        frame = start + scan.take(FRAME.size - len(start), "a page frame")
        page_number, flags, size_bytes = FRAME.unpack(frame)
        if flags != FRAME_HAS_SIZE or not 0 < size_bytes <= block_bytes_max:
            scan.refuse(f"page {page_number} has an impossible frame")
        if not last < page_number <= header.commit or page_number == header.lock_page:
            scan.refuse(f"page {page_number} cannot follow page {last} of {header.commit}")
        page = scan.inflate(scan.take(size_bytes, "a page"), header.page_size)
        scan.digest(frame)
        scan.digest(page)
        offsets[page_number] = offset
        for number in (page_number, offset, FRAME.size + size_bytes):
            append_varint(index, number)
        last = page_number
    scan.digest(FRAMES_END)
    index.append(0)
    held = header.commit - (header.lock_page <= header.commit)
    if header.is_complete and len(offsets) != held:
        scan.refuse(f"it starts from nothing, yet holds {len(offsets)} of {held} pages")
    return offsets, bytes(index)


def append_varint(buffer: bytearray, number: int) -> None:
    """Append a number as the page index has it: seven bits a byte, the lowest first."""
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        buffer.append(number & 0x7F | 0x80)
        number >>= 7
    buffer.append(number)
