"""Entries in a zstd frame: the same as plain, or refused."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from replication.entry_bodies import JobAccepted
from replication.entry_bounds import BATCH_CHARS_MAX
from replication.errors import BadMessageError
from replication.exchange import PACKED_ENTRIES_MAX
from replication.journal import Entry, JournalHead, next_entry
from replication.messages import MESSAGE_BYTES_MAX, Beat, Entries, PackedEntries
from replication.packed import MAGIC, pack, unpack
from replication.ports import WallMs
from replication.wire_entry import WireEntry


def batch_of(count: int) -> list[Entry]:
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
        made.append(entry)
        head = entry.head
    return made


def framed(data: bytes) -> PackedEntries:
    return PackedEntries(data=data)


def packed_text(text: bytes) -> PackedEntries:
    return framed(MAGIC + zstandard.ZstdCompressor().compress(text))


@pytest.mark.parametrize("count", [1, 7, PACKED_ENTRIES_MAX])
def test_what_was_packed_is_what_is_unpacked(count: int) -> None:
    batch = batch_of(count)
    assert unpack(pack(batch)) == batch


def test_a_batch_is_far_smaller_packed() -> None:
    batch = batch_of(500)
    plain = Entries(entries=[WireEntry.of(entry) for entry in batch])
    assert len(pack(batch).data) * 4 < len(plain.model_dump_json())


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_be_refused(data: bytes) -> None:
    for frame in (data, MAGIC + data):
        with pytest.raises(BadMessageError):
            unpack(framed(frame))


@given(st.data())
def test_a_frame_that_is_cut_or_flipped_is_refused_or_the_same_kind_of_thing(
    data: st.DataObject,
) -> None:
    whole = pack(batch_of(3)).data
    with pytest.raises(BadMessageError):
        unpack(framed(whole[: data.draw(st.integers(0, len(whole) - 1))]))
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert all(isinstance(entry, Entry) for entry in unpack(framed(bytes(flipped))))
    except BadMessageError:
        return


def test_what_says_that_it_is_too_large_is_not_unpacked() -> None:
    with pytest.raises(BadMessageError, match="say that they are"):
        unpack(packed_text(b" " * (MESSAGE_BYTES_MAX + 1)))


def test_what_does_not_say_its_size_is_not_unpacked() -> None:
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}")
    with pytest.raises(BadMessageError, match="say that they are"):
        unpack(framed(MAGIC + unsized))


def test_a_second_frame_behind_the_first_is_refused() -> None:
    data = pack(batch_of(1)).data
    with pytest.raises(BadMessageError):
        unpack(framed(data + data[len(MAGIC) :]))


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b"[1]", b'[{"seq": 1}]', Beat(number=1).model_dump_json().encode()],
)
def test_only_entries_come_packed(content: bytes) -> None:
    with pytest.raises(BadMessageError, match="Packed entries are none"):
        unpack(packed_text(content))


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 0},
        {"seq": 2**53 + 1},
        {"version": 2**63},
        {"wall_ms": -(2**63) - 1},
        {"entry_hash": "0" * 65},
        {"body": "x" * (BATCH_CHARS_MAX + 1)},
        {"more": 1},
    ],
)
def test_what_no_database_could_keep_is_refused_with_its_batch(wrong: dict[str, object]) -> None:
    first, second = batch_of(2)
    text = json.dumps([asdict(first), {**asdict(second), **wrong}]).encode()
    with pytest.raises(BadMessageError, match="Packed entries are none: 1"):
        unpack(packed_text(text))


def test_more_entries_than_a_batch_may_have_are_refused() -> None:
    batch = batch_of(PACKED_ENTRIES_MAX + 1)
    with pytest.raises(BadMessageError, match="at most 1000"):
        unpack(pack(batch))
