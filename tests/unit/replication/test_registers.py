"""Who lacks what of whose registers, and where a batch may end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from replication.messages import RegisterChange
from replication.registers import lacking, newest, whole_versions

A, B, C = "a" * 32, "b" * 32, "c" * 32


def change(db_version: int, seq: int = 0) -> RegisterChange:
    return RegisterChange(
        table="held_jobs",
        pk_hex="01",
        cid="state",
        val="held",
        col_version=1,
        db_version=db_version,
        origin=A,
        cl=1,
        seq=seq,
    )


def test_a_peer_lacks_what_is_newer_here_writer_by_writer() -> None:
    assert lacking({A: 5, B: 2, C: 1}, {A: 4, B: 2, C: 9}) == (A,)
    assert lacking({B: 1, A: 1}, {}) == (A, B)
    assert lacking({}, {A: 1}) == ()


def test_the_newest_of_what_is_known_counts() -> None:
    assert newest({A: 5, B: 1}, {A: 3, C: 2}) == {A: 5, B: 1, C: 2}
    assert newest() == {}


def test_a_batch_is_cut_between_versions_never_inside_one() -> None:
    changes = [change(1), change(2, 0), change(2, 1), change(2, 2), change(5)]
    assert whole_versions(changes, 10) == (tuple(changes), True)
    assert whole_versions(changes, 4) == (tuple(changes[:4]), False)
    assert whole_versions(changes, 2) == (tuple(changes[:4]), False)
    assert whole_versions(changes, 1) == (tuple(changes[:1]), False)
    assert whole_versions([], 1) == ((), True)


@given(
    sizes=st.lists(st.integers(1, 5), max_size=10),
    limit=st.integers(1, 20),
)
def test_batch_after_batch_brings_everything_in_order(sizes: list[int], limit: int) -> None:
    changes = [change(v + 1, seq) for v, size in enumerate(sizes) for seq in range(size)]
    brought: list[RegisterChange] = []
    is_all = False
    while not is_all:
        after = brought[-1].db_version if brought else 0
        rest = [each for each in changes if each.db_version > after]
        taken, is_all = whole_versions(rest, limit)
        assert taken or is_all
        brought.extend(taken)
    assert brought == changes
