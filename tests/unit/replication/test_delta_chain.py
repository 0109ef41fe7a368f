"""Deltas one after the other: bounded, without a hole, and whole on the wire."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.delta_chain import DeltaChain, joined, split
from replication.page_delta import BadDeltaError, Step


def step(base_txid: int, txid: int) -> Step:
    return Step(
        page_size=512, base_txid=base_txid, base_commit=1, txid=txid, commit=1, timestamp_ms=0
    )


def chain(*txids: int, count_max: int = 10, bytes_max: int = 1_000) -> DeltaChain:
    made = DeltaChain(count_max=count_max, bytes_max=bytes_max)
    for base_txid, txid in pairwise(txids):
        made.add(step(base_txid, txid), f"{base_txid}-{txid}".encode())
    return made


def test_a_chain_leads_from_each_of_its_txids_to_each_later_one() -> None:
    links = chain(1, 2, 5, 6)
    assert links.between(1, 6) == (b"1-2", b"2-5", b"5-6")
    assert links.between(2, 5) == (b"2-5",)
    assert [data for _, data in links.after(2)] == [b"2-5", b"5-6"]


@pytest.mark.parametrize(("base_txid", "txid"), [(0, 6), (3, 6), (1, 4), (6, 6), (6, 7)])
def test_it_leads_nowhere_from_or_to_a_txid_in_between(base_txid: int, txid: int) -> None:
    assert chain(1, 2, 5, 6).between(base_txid, txid) == ()


def test_what_does_not_follow_begins_a_new_chain() -> None:
    links = chain(1, 2, 3)
    links.add(step(7, 8), b"7-8")
    assert links.between(1, 3) == ()
    assert links.between(7, 8) == (b"7-8",)


def test_the_oldest_go_when_there_are_too_many_or_they_weigh_too_much() -> None:
    assert chain(1, 2, 3, 4, count_max=2).between(1, 4) == ()
    assert chain(1, 2, 3, 4, count_max=2).between(2, 4) == (b"2-3", b"3-4")
    assert len(chain(1, 2, 3, 4, bytes_max=6)) == 2
    assert len(chain(1, 2, bytes_max=2)) == 0


@given(st.lists(st.binary(max_size=300)))
def test_what_was_joined_is_split_again(deltas: list[bytes]) -> None:
    assert split(joined(deltas)) == tuple(deltas)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_body_that_ends_too_early_is_refused(cut: int) -> None:
    body = joined([b"first", b"last"])
    with pytest.raises(BadDeltaError):
        split(body[: len(body) - cut])
