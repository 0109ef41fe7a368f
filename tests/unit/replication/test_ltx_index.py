"""Pages by the index alone: the same as the whole reader gives, or a refusal."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.ltx import LtxError, read_ltx
from replication.ltx_index import read_unproved
from tests.unit.replication.ltx_encoder import Ltx

draw = random.Random(3)
LTX = Ltx(pages={n: draw.randbytes(512) for n in (1, 2, 200, 70_000)}, min_txid=5, max_txid=6)
DATA = LTX.encode()


def test_the_index_leads_to_the_same_pages_as_reading_everything() -> None:
    file = read_unproved(io.BytesIO(DATA))
    assert file.header == read_ltx(DATA).header
    assert dict(file.pages()) == LTX.pages


def test_a_file_without_pages_has_none() -> None:
    assert len(read_unproved(io.BytesIO(replace(LTX, pages={}).encode()))) == 0


@given(cut=st.integers(0, len(DATA) - 1))
def test_a_file_that_was_cut_is_refused_or_gives_pages_that_are_proved_elsewhere(cut: int) -> None:
    try:
        pages = dict(read_unproved(io.BytesIO(DATA[:cut])).pages())
    except LtxError:
        return
    assert all(len(page) == 512 for page in pages.values())


@pytest.mark.parametrize("index", [b"", b"\x01", b"\x01\x00\x00\x00", b"\x01\xff\xff\x7f\x20\x00"])
def test_an_index_without_sense_is_refused(index: bytes) -> None:
    body = DATA[:100] + bytes(6) + index + len(index).to_bytes(8, "big") + bytes(16)
    with pytest.raises(LtxError):
        read_unproved(io.BytesIO(body))


def test_an_index_longer_than_its_file_is_refused() -> None:
    with pytest.raises(LtxError):
        read_unproved(io.BytesIO(DATA[:-24] + b"\xff" * 24))
