"""The journal's chain: what belongs into a hash, and what breaks it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.entry_bodies import BalanceAdjusted, JobExpired
from replication.errors import BadEntryError
from replication.journal import (
    GENESIS_HASH,
    Entry,
    JournalHead,
    canonical_json,
    follows,
    hash_of,
    next_entry,
)
from replication.ports import WallMs

START = JournalHead(site_name="oslo", epoch=1)
NOW = WallMs(1_800_000_000_000)


def adjusted(comment: str, amount_micros: int = 5) -> BalanceAdjusted:
    return BalanceAdjusted(payer="user:ada", amount_micros=amount_micros, comment=comment)


def test_the_first_entry_of_an_epoch_names_the_genesis() -> None:
    entry = next_entry(START, adjusted("first"), NOW)
    assert (entry.seq, entry.prev_hash) == (1, GENESIS_HASH)
    assert follows(entry, START)
    assert entry.head == JournalHead(site_name="oslo", epoch=1, seq=1, entry_hash=entry.entry_hash)


def test_a_chain_of_entries_follows_link_by_link_and_never_skips() -> None:
    first = next_entry(START, adjusted("first"), NOW)
    second = next_entry(first.head, adjusted("second"), NOW)
    assert follows(second, first.head)
    assert not follows(second, START)
    assert not follows(first, second.head)


@given(comment=st.text(max_size=100), amount_micros=st.integers(-(10**15), 10**15))
def test_an_entry_gives_back_the_very_body_it_records(comment: str, amount_micros: int) -> None:
    body = adjusted(comment, amount_micros)
    assert next_entry(START, body, NOW).parsed() == body


changes = st.one_of(
    st.tuples(st.just("site_name"), st.text("abc", min_size=1).filter(lambda s: s != "oslo")),
    st.tuples(st.just("epoch"), st.integers(2, 2**31)),
    st.tuples(st.just("seq"), st.integers(2, 2**53)),
    st.tuples(st.just("kind"), st.text("abc", min_size=1)),
    st.tuples(st.just("version"), st.integers(2, 9)),
    st.tuples(st.just("wall_ms"), st.integers(0, 10**12)),
    st.tuples(st.just("body"), st.text(max_size=20)),
    st.tuples(st.just("prev_hash"), st.text("0123456789abcdef", min_size=64, max_size=64)),
)


@given(change=changes)
def test_a_flipped_field_breaks_the_hash(change: tuple[str, Any]) -> None:
    entry = next_entry(START, adjusted("as it was"), NOW)
    forged = replace(entry, **dict([change]))
    if forged == entry:
        return
    assert hash_of(forged) != entry.entry_hash
    assert not follows(forged, START)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_of_the_body_breaks_the_hash(position: int, bit: int) -> None:
    entry = next_entry(START, adjusted("a comment that is long enough to be hit"), NOW)
    raw = bytearray(entry.body.encode())
    raw[position % len(raw)] ^= 1 << bit
    assert not follows(replace(entry, body=raw.decode("latin-1")), START)


def test_no_field_can_pass_for_the_end_of_one_and_the_start_of_the_next() -> None:
    entry = next_entry(START, adjusted("line one\nline two"), NOW)
    assert "\n" not in entry.body


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_canonical_json_is_one_line_of_ascii_for_one_value(value: object) -> None:
    text = canonical_json({"b": value, "a": 1})
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text) == {"a": 1, "b": value}
    assert text == canonical_json({"a": 1, "b": value})


def test_a_kind_of_a_later_version_is_refused_by_name() -> None:
    entry = replace(next_entry(START, adjusted("x"), NOW), kind="teleported")
    with pytest.raises(BadEntryError, match="teleported"):
        entry.parsed()


def test_a_body_of_another_kind_is_refused() -> None:
    expired = JobExpired(job_uuid="01234567-89ab-cdef-0123-456789abcdef")
    entry: Entry = replace(next_entry(START, expired, NOW), kind="job_printed")
    with pytest.raises(BadEntryError, match="job_printed"):
        entry.parsed()
