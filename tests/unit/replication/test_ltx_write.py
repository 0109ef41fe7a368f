"""A file that we write is one that our reader, which knows litestream's, takes for good."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from replication.ltx import LtxHeader, read_ltx
from replication.ltx_write import write_ltx
from tests.unit.replication.ltx_encoder import Ltx

draw = random.Random(5)
PAGES = {2: draw.randbytes(512), 5: bytes(512)}
HEADER = LtxHeader(
    page_size=512, commit=7, min_txid=10, max_txid=12, timestamp_ms=1_800_000_000_000
)


def test_a_written_file_is_read_back() -> None:
    file = read_ltx(write_ltx(HEADER, PAGES.items()))

    assert file.header == HEADER
    assert dict(file.pages()) == PAGES


def test_it_is_what_the_tests_know_of_litestream() -> None:
    known = Ltx(pages=PAGES, min_txid=10, max_txid=12, commit=7)

    assert write_ltx(HEADER, PAGES.items()) == known.encode()


def test_a_file_without_pages_only_changes_the_size() -> None:
    file = read_ltx(write_ltx(HEADER, []))

    assert (len(file), file.header.commit) == (0, 7)


@given(
    pages=st.dictionaries(
        st.integers(1, 400), st.binary(max_size=30).map(lambda head: head.ljust(1024, b"\0"))
    )
)
def test_any_pages_come_back(pages: dict[int, bytes]) -> None:
    header = LtxHeader(page_size=1024, commit=400, min_txid=2, max_txid=3, timestamp_ms=1)

    assert dict(read_ltx(write_ltx(header, sorted(pages.items()))).pages()) == pages
