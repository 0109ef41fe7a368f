"""Packed files: the same bytes come out, however they were cut, and nothing else does."""

from __future__ import annotations

import io
import random
import struct

import pytest
import zstandard

from replication.packed_file import (
    FRAME_BYTES_MAX,
    PIECE_BYTES,
    BadPackError,
    Unpacker,
    packed,
    seek_piece,
)

CONTENT = random.Random(7).randbytes(PIECE_BYTES) + b"the same again " * 100_000 + b"end"


def pack(content: bytes) -> bytes:
    return b"".join(packed(io.BytesIO(content)))


def unpack(data: bytes, step: int) -> bytes:
    unpacker = Unpacker()
    found = b"".join(
        piece
        for begin in range(0, len(data), step)
        for piece in unpacker.feed(data[begin : begin + step])
    )
    assert unpacker.is_between
    return found


@pytest.mark.parametrize("step", [5, 65_536, 10**9])
def test_what_was_packed_comes_out_however_it_arrives(step: int) -> None:
    data = pack(CONTENT)
    assert len(data) < PIECE_BYTES + 10_000
    assert unpack(data, step) == CONTENT


def test_a_file_of_no_bytes_is_nothing() -> None:
    assert pack(b"") == b""
    assert unpack(b"", 1) == b""


@pytest.mark.parametrize(
    ("offset_bytes", "begins"),
    [
        (0, 0),
        (PIECE_BYTES - 1, 0),
        (PIECE_BYTES, PIECE_BYTES),
        (len(CONTENT) - 1, 2 * PIECE_BYTES),
        (10 * PIECE_BYTES, 3 * PIECE_BYTES),
    ],
)
def test_a_transfer_goes_on_with_the_piece_in_which_it_was_cut(
    offset_bytes: int, begins: int
) -> None:
    file = io.BytesIO(pack(CONTENT))
    assert seek_piece(file, offset_bytes) == begins
    assert unpack(file.read(), 65_536) == CONTENT[begins:]


def test_an_end_inside_a_piece_is_noticed() -> None:
    unpacker = Unpacker()
    list(unpacker.feed(pack(CONTENT)[:-1]))
    assert not unpacker.is_between


@pytest.mark.parametrize("at", [0, 4, 200, -1])
def test_a_changed_byte_is_refused(at: int) -> None:
    data = bytearray(pack(b"abc" * 1_000 + random.Random(1).randbytes(1_000)))
    data[at] ^= 0x55
    with pytest.raises(BadPackError):
        list(Unpacker().feed(bytes(data)))


@pytest.mark.parametrize("size_bytes", [0, PIECE_BYTES + 1])
def test_a_piece_of_an_impossible_size_is_not_unpacked(size_bytes: int) -> None:
    frame = zstandard.ZstdCompressor().compress(bytes(size_bytes))
    with pytest.raises(BadPackError, match="says that it is"):
        list(Unpacker().feed(struct.pack(">I", len(frame)) + frame))


@pytest.mark.parametrize("length", [0, FRAME_BYTES_MAX + 1])
def test_a_frame_of_an_impossible_length_is_not_waited_for(length: int) -> None:
    data = struct.pack(">I", length)
    with pytest.raises(BadPackError):
        list(Unpacker().feed(data))
    with pytest.raises(BadPackError):
        seek_piece(io.BytesIO(data), PIECE_BYTES)


def test_a_packed_file_that_ends_inside_a_length_is_refused() -> None:
    with pytest.raises(BadPackError, match="inside a length"):
        seek_piece(io.BytesIO(b"\0\0"), PIECE_BYTES)
