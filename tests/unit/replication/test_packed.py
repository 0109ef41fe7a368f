"""Entries in a zstd frame: the same as plain, or refused."""

from __future__ import annotations

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from replication.entry_bodies import JobAccepted
from replication.errors import BadMessageError
from replication.journal import JournalHead, next_entry
from replication.messages import MESSAGE_BYTES_MAX, Beat, Entries
from replication.packed import MAGIC, pack, unpack
from replication.ports import WallMs
from replication.wire_entry import WireEntry


def batch_of(count: int) -> Entries:
    head, made = JournalHead(site_name="oslo", epoch=1), []
    for number in range(count):
        body = JobAccepted(
            job_uuid=f"{number:08x}-0000-4000-8000-000000000000",
            user_name=f"user{number % 50}",
            queue_name="secure",
            job_name=f"report {number}.pdf",
            bytes=40_000 + number,
            sha256=f"{number:064x}",
        )
        entry = next_entry(head, body, WallMs(1_800_000_000_000 + number))
        made.append(WireEntry.of(entry))
        head = entry.head
    return Entries(entries=made)


def packed_text(text: bytes) -> bytes:
    return MAGIC + zstandard.ZstdCompressor().compress(text)


@pytest.mark.parametrize("count", [1, 7, 500])
def test_what_was_packed_is_what_is_unpacked(count: int) -> None:
    batch = batch_of(count)
    assert unpack(pack(batch).data) == batch


def test_a_batch_is_far_smaller_packed() -> None:
    batch = batch_of(500)
    assert len(pack(batch).data) * 4 < len(batch.model_dump_json())


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_be_refused(data: bytes) -> None:
    for frame in (data, MAGIC + data):
        with pytest.raises(BadMessageError):
            unpack(frame)


@given(st.data())
def test_a_frame_that_is_cut_or_flipped_is_refused_or_the_same_kind_of_thing(
    data: st.DataObject,
) -> None:
    whole = pack(batch_of(3)).data
    with pytest.raises(BadMessageError):
        unpack(whole[: data.draw(st.integers(0, len(whole) - 1))])
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert isinstance(unpack(bytes(flipped)), Entries)
    except BadMessageError:
        return


def test_what_says_that_it_is_too_large_is_not_unpacked() -> None:
    with pytest.raises(BadMessageError, match="say that they are"):
        unpack(packed_text(b" " * (MESSAGE_BYTES_MAX + 1)))


def test_what_does_not_say_its_size_is_not_unpacked() -> None:
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}")
    with pytest.raises(BadMessageError, match="say that they are"):
        unpack(MAGIC + unsized)


def test_a_second_frame_behind_the_first_is_refused() -> None:
    data = pack(batch_of(1)).data
    with pytest.raises(BadMessageError):
        unpack(data + data[len(MAGIC) :])


def test_only_entries_come_packed() -> None:
    with pytest.raises(BadMessageError, match="this is a beat"):
        unpack(packed_text(Beat(number=1).model_dump_json().encode()))
