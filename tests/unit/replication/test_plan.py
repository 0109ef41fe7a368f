from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.manifest import LtxName
from replication.plan import GapError, cost, plan

SMALL = 300


def named(level: int, min_txid: int, max_txid: int) -> LtxName:
    return LtxName(level=level, min_txid=min_txid, max_txid=max_txid)


def l0(*txids: int) -> dict[LtxName, int]:
    return {named(0, txid, txid): cost(SMALL) for txid in txids}


def test_at_the_head_nothing_is_needed() -> None:
    assert plan(5, l0(4, 5)) == ()
    assert plan(7, l0(4, 5)) == ()


def test_an_empty_store_asks_for_nothing() -> None:
    assert plan(None, {}) == ()
    assert plan(5, {}) == ()


def test_a_site_that_is_a_little_behind_takes_the_small_files() -> None:
    hour = named(3, 100, 1003)
    files = l0(1001, 1002, 1003) | {hour: cost(5_000_000)}
    assert plan(1000, files) == tuple(l0(1001, 1002, 1003))


def test_a_site_that_is_far_behind_takes_the_compacted_file() -> None:
    hour = named(3, 100, 1003)
    files = l0(*range(100, 1004)) | {hour: cost(400_000)}
    assert plan(150, files) == (hour,)


def test_a_gap_is_bridged_from_a_higher_level() -> None:
    bridge = named(1, 5, 8)
    assert plan(5, l0(6, 8, 9) | {bridge: cost(900)}) == (bridge, named(0, 9, 9))


def test_a_snapshot_is_taken_when_nothing_else_fits() -> None:
    snapshot = named(9, 1, 8)
    files = l0(5, 6, 8, 9) | {snapshot: cost(10_000_000)}
    assert plan(4, files) == (snapshot, named(0, 9, 9))


def test_a_snapshot_is_not_taken_where_deltas_lead_to_the_head_however_small_it_is() -> None:
    snapshot = named(9, 1, 9)
    files = l0(*range(1, 10)) | {snapshot: cost(10)}
    assert plan(3, files) == tuple(l0(*range(4, 10)))


def test_at_bootstrap_the_cheapest_beginning_is_taken() -> None:
    snapshot = named(9, 1, 90)
    assert plan(None, l0(*range(1, 100)) | {snapshot: cost(9_000)}) == (
        snapshot,
        *l0(*range(91, 100)),
    )
    assert plan(None, l0(1, 2)) == tuple(l0(1, 2))


def test_where_the_chain_is_broken_the_error_says_where() -> None:
    with pytest.raises(GapError) as caught:
        plan(4, l0(5, 6, 9, 10))
    assert (caught.value.reached_txid, caught.value.next_txid, caught.value.head_txid) == (6, 9, 10)
    assert "Transactions 7 to 8" in str(caught.value)


def test_without_a_beginning_there_is_no_bootstrap() -> None:
    with pytest.raises(GapError) as caught:
        plan(None, l0(5, 6))
    assert caught.value.reached_txid == 0


def test_twenty_thousand_files_are_planned() -> None:
    files = l0(*range(1, 20_001))
    for minute in range(1, 20_000, 20):
        files[named(1, minute, minute + 19)] = cost(20 * SMALL)
    assert plan(19_970, files) == (named(1, 19_961, 19_980), named(1, 19_981, 20_000))


def cheapest_by_trying_all(start: int, files: dict[LtxName, int], head: int) -> int | None:
    """The slow and plain way: relax every edge until nothing changes."""
    best = {start: 0}
    for name in sorted(files, key=lambda name: name.max_txid):
        here = [best[at] for at in best if name.min_txid - 1 <= at < name.max_txid]
        if here:
            total = min(here) + files[name]
            best[name.max_txid] = min(total, best.get(name.max_txid, total))
    return best.get(head)


ranges = st.tuples(st.integers(0, 3), st.integers(1, 12), st.integers(0, 6), st.integers(1, 50))


@given(st.integers(1, 6), st.lists(ranges, max_size=14))
def test_the_chain_is_unbroken_and_as_cheap_as_the_best_of_all_chains(
    start: int, drawn: list[tuple[int, int, int, int]]
) -> None:
    files = {named(level, low, low + more): price for level, low, more, price in drawn}
    head = max((name.max_txid for name in files), default=start)
    if head <= start:
        assert plan(start, files) == ()
        return
    best = cheapest_by_trying_all(start, files, head)
    if best is None:
        with pytest.raises(GapError):
            plan(start, files)
        return
    chain = plan(start, files)
    at = start
    for name in chain:
        assert name.min_txid - 1 <= at < name.max_txid
        at = name.max_txid
    assert at == head
    assert sum(files[name] for name in chain) == best
