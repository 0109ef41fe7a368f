"""What of the store may go: never the way from the newest snapshot, never what is not compacted."""

from __future__ import annotations

from replication.manifest import LEVEL_SNAPSHOT, LtxName
from replication.plan import plan
from replication.retention import Bounds, Needs, deletable, doomed, to_free

ROOMY = Bounds(keep_bytes_max=10**9, free_bytes_min=0)
NOBODY = Needs(approved_txid=10**6, connected_txid=10**6)


def name(level: int, low: int, high: int) -> LtxName:
    return LtxName(level=level, min_txid=low, max_txid=high)


def store() -> dict[LtxName, int]:
    """40 transactions: compacted by 5, 10 and 20, and snapshots at 20 and 30."""
    sizes = {name(0, n, n): 10 for n in range(1, 41)}
    for level, width in ((1, 5), (2, 10), (3, 20)):
        sizes |= {name(level, low, low + width - 1): 10 * width for low in range(1, 31, width)}
    del sizes[name(3, 21, 40)]
    return sizes | {name(LEVEL_SNAPSHOT, 1, txid): 1_000 for txid in (20, 30)}


def test_within_its_bounds_nothing_goes() -> None:
    assert to_free(store(), ROOMY, 10**9) == 0
    assert doomed(store(), ROOMY, NOBODY, 10**9) == []


def test_the_way_from_the_newest_snapshot_to_the_head_stays_whatever_happens() -> None:
    sizes = store()
    for gone in doomed(sizes, Bounds(keep_bytes_max=0, free_bytes_min=0), NOBODY, 0):
        del sizes[gone]
    assert plan(None, sizes)[-1].max_txid == 40
    assert name(LEVEL_SNAPSHOT, 1, 30) in sizes
    assert name(LEVEL_SNAPSHOT, 1, 20) not in sizes
    assert {name(0, n, n) for n in range(31, 41)} <= sizes.keys()


def test_what_is_not_compacted_stays() -> None:
    sizes = {name(0, n, n): 10 for n in range(1, 11)} | {name(LEVEL_SNAPSHOT, 1, 10): 100}
    assert deletable(sizes, NOBODY) == []
    sizes[name(1, 1, 6)] = 60
    assert [each.max_txid for each in deletable(sizes, NOBODY)] == [1, 2, 3, 4, 5, 6]


def test_without_a_snapshot_everything_stays() -> None:
    sizes = {each: size for each, size in store().items() if not each.is_snapshot}
    assert deletable(sizes, NOBODY) == []


def test_what_loses_nobody_anything_goes_first_and_the_oldest_before_the_newer() -> None:
    order = deletable(store(), Needs(approved_txid=0, connected_txid=40))
    assert [each.level for each in order] == sorted(each.level for each in order)
    assert [each.max_txid for each in order if each.level == 0] == list(range(1, 31))


def test_a_connected_site_is_cut_off_last() -> None:
    """The third level and snapshots are the last way of those who are away."""
    sizes = {name(3, low, low + 9): 10 for low in range(1, 41, 10)}
    sizes[name(LEVEL_SNAPSHOT, 1, 40)] = 10
    order = deletable(sizes, Needs(approved_txid=10, connected_txid=20))
    assert [each.max_txid for each in order] == [10, 20, 30, 40]


def test_only_as_much_goes_as_has_to() -> None:
    sizes = store()
    total = sum(sizes.values())
    bounds = Bounds(keep_bytes_max=total - 25, free_bytes_min=0)
    assert [each.max_txid for each in doomed(sizes, bounds, NOBODY, 10**9)] == [1, 2, 3]
    floor = Bounds(keep_bytes_max=10**9, free_bytes_min=1_000)
    assert len(doomed(sizes, floor, NOBODY, 985)) == 2
