from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest

from replication.ltx import LtxError, lock_page, read_header, read_ltx
from tests.unit.replication.ltx_encoder import Ltx

draw = random.Random(7)
PAGES = {number: draw.randbytes(200) + bytes(312) for number in range(1, 6)}
SNAPSHOT = Ltx(pages=PAGES, max_txid=9)
DELTA = Ltx(pages={2: PAGES[2], 5: PAGES[5]}, min_txid=10, max_txid=12, commit=7)
HEADER_BYTES = 100


def test_a_file_gives_back_its_pages() -> None:
    file = read_ltx(DELTA.encode())
    assert (file.header.min_txid, file.header.max_txid, file.header.commit) == (10, 12, 7)
    assert dict(file.pages()) == dict(DELTA.pages)
    assert list(file.page_numbers) == [2, 5]
    assert not file.header.is_complete


def test_a_snapshot_gives_back_every_page() -> None:
    file = read_ltx(io.BytesIO(SNAPSHOT.encode()))
    assert dict(file.pages()) == PAGES
    assert file.header.is_complete


def test_a_file_that_only_shrinks_the_database_has_no_pages() -> None:
    file = read_ltx(Ltx(pages={}, min_txid=3, max_txid=3, commit=2).encode())
    assert (len(file), file.header.commit) == (0, 2)


def test_the_header_is_read_alone() -> None:
    header = read_header(SNAPSHOT.encode()[:HEADER_BYTES])
    assert (header.page_size, header.commit, header.max_txid) == (512, 5, 9)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ({"magic": b"LTX2"}, "begin"),
        ({"flags": 0}, "flags"),
        ({"flags": 3}, "flags"),
        ({"pre_apply": 1 << 63}, "flags"),
        ({"post_apply": 1 << 63}, "database checksum"),
        ({"page_size": 513}, "page size"),
        ({"page_size": 256}, "page size"),
        ({"page_size": 131_072}, "page size"),
        ({"min_txid": 0}, "transactions"),
        ({"max_txid": 9}, "transactions"),
        ({"frame_flags": 0}, "frame"),
        ({"index_shift": 1}, "index"),
        ({"checksum_shift": 1}, "checksum"),
        ({"commit": 4}, "cannot follow"),
        ({"pages": {5: PAGES[5], 2: PAGES[2]}}, "cannot follow"),
        ({"pages": {2: PAGES[2] + b"x"}}, "decompress"),
        ({"pages": {2: PAGES[2][:-1]}}, "decompress"),
        ({"min_txid": 1}, "starts from nothing"),
    ],
)
def test_what_does_not_fit_is_refused(damage: dict[str, object], complaint: str) -> None:
    data = replace(DELTA, **damage).encode()  # type: ignore[arg-type]
    with pytest.raises(LtxError, match=complaint) as caught:
        read_ltx(data, "ltx/0/a.ltx")
    assert caught.value.path == "ltx/0/a.ltx"
    assert caught.value.hint


def test_a_commit_of_no_pages_is_refused() -> None:
    data = bytearray(Ltx(pages={}, min_txid=3, max_txid=3, commit=2).encode())
    data[12:16] = bytes(4)
    with pytest.raises(LtxError, match="no page"):
        read_ltx(bytes(data))


def test_the_lock_page_is_refused() -> None:
    number = lock_page(65_536)
    assert number == 16_385
    page = bytes(65_536)
    fits = Ltx(pages={number - 1: page, number + 1: page}, min_txid=2, max_txid=2, page_size=65_536)
    assert len(read_ltx(fits.encode())) == 2
    with pytest.raises(LtxError, match="cannot follow"):
        read_ltx(replace(fits, pages={number: page}, commit=number + 1).encode())


def test_something_behind_the_end_is_refused() -> None:
    with pytest.raises(LtxError, match="follows"):
        read_ltx(SNAPSHOT.encode() + b"\0")


def test_a_file_that_ends_early_is_refused_wherever_it_ends() -> None:
    data = DELTA.encode()
    for length in range(len(data)):
        with pytest.raises(LtxError):
            read_ltx(data[:length])


def test_no_flipped_bit_gets_through_with_another_content() -> None:
    # The checksum covers content, so a flip inside an LZ4 block may leave the same page.
    data = DELTA.encode()
    for position in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[position] ^= 1 << bit
            try:
                file = read_ltx(bytes(flipped))
            except LtxError:
                continue
            assert dict(file.pages()) == dict(DELTA.pages)
            assert file.header == read_ltx(data).header


def test_random_bytes_are_refused() -> None:
    for length in (0, 1, 99, 100, 5_000):
        with pytest.raises(LtxError):
            read_ltx(draw.randbytes(length))
        with pytest.raises(LtxError):
            read_ltx(DELTA.encode()[:HEADER_BYTES] + draw.randbytes(length))


def test_a_page_that_rots_between_the_check_and_the_use_is_refused() -> None:
    source = io.BytesIO(DELTA.encode())
    file = read_ltx(source)
    source.getbuffer()[HEADER_BYTES + 10 :] = bytes(len(source.getbuffer()) - HEADER_BYTES - 10)
    with pytest.raises(LtxError):
        file.page(2)
