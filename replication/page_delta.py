"""Page deltas: the pages of one step of the directory, each told by how it differs from before.

Theory of operation
-------------------
An LTX file holds whole pages, and a page of 4,096 bytes changes in about ten of them when one
balance moves. The reader of a delta has the older image of each page already, so a page travels as
a zstd frame with that image as dictionary: what is the same is a reference, not bytes.

A delta leads from exactly one TXID to another. Applied to anything else it would make a page that
nobody ever wrote, so nothing of it is believed before it is proved:

* It names the TXID and the number of pages that it starts from; whoever stands elsewhere refuses.
* Each rebuilt page must have its CRC-32, which finds the page that is not as the maker thought.
* All of them, with the header, must have the digest at the end (BLAKE2b, 16 bytes). litestream's
  LTX files carry no checksum of the database, so this one has to travel with the delta.

A refusal costs nothing but the bytes: the same step is fetched as a whole LTX file.

Page 1 is the one page whose image differs between the two ends: SQLite rewrites its change counter
(bytes 24..27) and version (92..99) at each, and the replica keeps its journal mode (18, 19) at WAL.
So as a dictionary these bytes count as zero; as content they travel.

Measured, 200,000 users, pages of 4,096 bytes: one balance and one watermark, 110 bytes of frames;
50,000 updates of 1,400 pages, 220 kB in 140 ms. Level 9 is 10 % smaller than 3 there and 25 % at a
single row, for 20 microseconds more a page; level 19 gains nothing.

Rejected: one frame over all pages with all old images as dictionary. It is smaller for a few pages
and seven times larger for many, since zstd's match finder does not reach that far back; and a page
could not be proved by itself. A binary diff of rows would need the schema; pages do not.

The format stands in docs/protocol.md.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import zstandard

from replication.errors import ReplicationError
from replication.ltx import PAGE_SIZE_MAX, PAGE_SIZE_MIN, lock_page
from replication.position import TXID_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAGIC: Final = b"HFD1"
DIGEST_BYTES: Final = 16
CRC: Final = struct.Struct(">I")
LEVEL: Final = 9
NUMBER_BYTES_MAX: Final = 9
"""Of one number: 63 bits, seven in each byte."""
COMMIT_MAX: Final = 2**32 - 2
"""Pages of the largest SQLite database."""
UNLIKE: Final = ((18, 20), (24, 28), (92, 100))
"""Bytes of page 1 that differ between a database and its replica."""

_PARAMETERS: Final = zstandard.ZstdCompressionParameters.from_level(
    LEVEL,
    format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    write_content_size=False,
    write_checksum=False,
    write_dict_id=False,
)


class BadDeltaError(ReplicationError):
    """This page delta cannot be used here: fetch the same step as a whole LTX file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From which state of the database to which: TXIDs, and sizes in pages."""

    page_size: int
    base_txid: int
    base_commit: int
    txid: int
    commit: int
    timestamp_ms: int
    """When the newest transaction was written, as in its LTX file."""

    def encode(self) -> bytes:
        """The header of a delta, without the number of its pages."""
        numbers = (
            self.page_size.bit_length() - 1,
            self.base_txid,
            self.base_commit,
            self.txid,
            self.commit,
            self.timestamp_ms,
        )
        return MAGIC + b"".join(map(_number, numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPage:
    """One page: the CRC-32 of its new image, and the frame that makes it from the old one."""

    number: int
    crc: int
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDelta:
    """A delta as it was read: its shape is sound, its content not yet proved."""

    step: Step
    pages: tuple[DeltaPage, ...]
    digest: bytes

    def rebuild(
        self, base: Callable[[int], bytes], *, base_txid: int, base_commit: int
    ) -> dict[int, bytes]:
        """The new images by page number, ascending, all proved.

        `base` gives the image that a page has now, in a database of `base_commit` pages that stands
        at `base_txid`; it is asked for these pages only. Errors: `BadDeltaError`, also where the
        delta starts from another state.
        """
        if (self.step.base_txid, self.step.base_commit) != (base_txid, base_commit):
            raise BadDeltaError
        made: dict[int, bytes] = {}
        for page in self.pages:
            held = base(page.number) if page.number <= self.step.base_commit else b""
            made[page.number] = _inflated(page, dictionary_of(page.number, held), self.step)
        if _digest(self.step, made.items()) != self.digest:
            raise BadDeltaError
        return made


def dictionary_of(page_number: int, image: bytes) -> bytes:
    """The image of a page as both ends know it."""
    if page_number != 1 or not image:
        return image
    masked = bytearray(image)
    for first, end in UNLIKE:
        masked[first:end] = bytes(end - first)
    return bytes(masked)


def make_delta(
    step: Step, pages: Iterable[tuple[int, bytes]], base: Callable[[int], bytes]
) -> bytes:
    """The delta of `step`: `pages` are the new images, ascending; `base` gives the old ones."""
    body, digest = bytearray(), hashlib.blake2b(step.encode(), digest_size=DIGEST_BYTES)
    count = last = 0
    for number, image in pages:
        held = base(number) if number <= step.base_commit else b""
        frame = _deflated(image, dictionary_of(number, held))
        body += _number(number - last) + _number(len(frame)) + CRC.pack(zlib.crc32(image)) + frame
        digest.update(_number(number) + image)
        count, last = count + 1, number
    return step.encode() + _number(count) + bytes(body) + digest.digest()


def read_delta(data: bytes) -> PageDelta:
    """The delta in `data`, its shape checked. Errors: `BadDeltaError`."""
    scan = _Scan(data)
    if scan.take(len(MAGIC)) != MAGIC:
        raise BadDeltaError
    size_bits, base_txid, base_commit, txid, commit, timestamp_ms = (
        scan.number() for _ in range(6)
    )
    page_size = 1 << min(size_bits, 63)
    fits = (
        PAGE_SIZE_MIN <= page_size <= PAGE_SIZE_MAX
        and 1 <= base_txid < txid <= TXID_MAX
        and 1 <= base_commit <= COMMIT_MAX
        and 1 <= commit <= COMMIT_MAX
    )
    if not fits:
        raise BadDeltaError
    step = Step(
        page_size=page_size,
        base_txid=base_txid,
        base_commit=base_commit,
        txid=txid,
        commit=commit,
        timestamp_ms=timestamp_ms,
    )
    pages = tuple(_pages(scan, step))
    digest = scan.take(DIGEST_BYTES)
    scan.end()
    return PageDelta(step=step, pages=pages, digest=digest)


def _pages(scan: _Scan, step: Step) -> Iterator[DeltaPage]:
    number = 0
    for _ in range(scan.number()):
        gap = scan.number()
        number += gap
        if gap == 0 or number > step.commit or number == lock_page(step.page_size):
            raise BadDeltaError
        length = scan.number()
        (crc,) = CRC.unpack(scan.take(CRC.size))
        yield DeltaPage(number=number, crc=crc, frame=scan.take(length))


def _deflated(image: bytes, dictionary: bytes) -> bytes:
    return zstandard.ZstdCompressor(
        dict_data=_raw(dictionary), compression_params=_PARAMETERS
    ).compress(image)


def _inflated(page: DeltaPage, dictionary: bytes, step: Step) -> bytes:
    decompressor = zstandard.ZstdDecompressor(
        dict_data=_raw(dictionary),
        max_window_size=2 * PAGE_SIZE_MAX,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    )
    try:
        image = decompressor.decompress(
            page.frame, max_output_size=step.page_size, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise BadDeltaError from error
    if len(image) != step.page_size or zlib.crc32(image) != page.crc:
        raise BadDeltaError
    return image


def _raw(dictionary: bytes) -> zstandard.ZstdCompressionDict | None:
    if not dictionary:
        return None
    return zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _digest(step: Step, pages: Iterable[tuple[int, bytes]]) -> bytes:
    digest = hashlib.blake2b(step.encode(), digest_size=DIGEST_BYTES)
    for number, image in pages:
        digest.update(_number(number))
        digest.update(image)
    return digest.digest()


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte, the lowest first
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class _Scan:
    """Reads a delta from where it stands, never beyond its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    def take(self, size_bytes: int) -> bytes:
        end = self._offset + size_bytes
        if end > len(self._data):
            raise BadDeltaError
        taken, self._offset = self._data[self._offset : end], end
        return taken

    def number(self) -> int:
        value = 0
        for shift in range(0, 7 * NUMBER_BYTES_MAX, 7):
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << shift
            if byte <= 0x7F:  # noqa: PLR2004
                return value
        raise BadDeltaError

    def end(self) -> None:
        if self._offset != len(self._data):
            raise BadDeltaError
