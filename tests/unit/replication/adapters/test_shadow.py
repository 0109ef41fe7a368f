"""The shadow has the pages of the directory at its TXID, and its deltas lead a site there."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replication.adapters.ltx_folder import ltx_path
from replication.adapters.shadow import Shadow
from replication.errors import ReplicationError
from replication.manifest import LtxName
from replication.page_delta import read_delta
from tests.unit.replication.adapters.page_source import PageSource

if TYPE_CHECKING:
    from collections.abc import Iterator

ROW = st.integers(1, 300)
CHANGES = st.one_of(
    st.builds(lambda n: f"INSERT INTO users SELECT 'u{n}-' || hex(randomblob(4)), {n}", ROW),
    st.builds(lambda n: f"UPDATE users SET balance = balance + {n} WHERE rowid % 7 = {n} % 7", ROW),
    st.builds(lambda n: f"DELETE FROM users WHERE balance > {n}", ROW),
    st.builds(lambda n: f"CREATE TABLE IF NOT EXISTS t{n} AS SELECT zeroblob({n * 20}) AS z", ROW),
    st.just("VACUUM"),
)


@contextmanager
def source_in(folder: Path) -> Iterator[PageSource]:
    with PageSource(folder / "directory.db", folder / "store") as source:
        source.commit("CREATE TABLE users (name TEXT PRIMARY KEY, balance INTEGER)")
        source.write(0, 1, 1)
        source.commit(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 300)"
            " INSERT INTO users SELECT 'user ' || i, i FROM n"
        )
        source.write(0, 2, 2)
        yield source


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    with source_in(tmp_path) as source:
        yield source


@pytest.fixture
def shadow(tmp_path: Path) -> Iterator[Shadow]:
    with closing(Shadow(tmp_path / "shadow.pages", tmp_path / "store")) as shadow:
        yield shadow


def holds(shadow: Shadow, source: PageSource, txid: int) -> bool:
    return all(shadow.page(number) == page for number, page in source.pages(txid).items())


def led(data: bytes, source: PageSource) -> dict[int, bytes]:
    """The pages of a site that stood at the delta's base, once it took the delta."""
    delta = read_delta(data)
    step = delta.step
    pages = source.pages(step.base_txid)
    made = delta.rebuild(pages.__getitem__, base_txid=step.base_txid, base_commit=step.base_commit)
    assert step.base_commit == len(pages)
    return {n: page for n, page in (pages | made).items() if n <= step.commit}


def step(source: PageSource, *statements: str) -> int:
    txid = source.commit(*statements)
    source.write(0, txid, txid)
    return txid


def test_a_new_shadow_is_made_from_the_store_and_has_no_delta(
    shadow: Shadow, source: PageSource
) -> None:
    assert shadow.follow(2) is None
    assert shadow.txid == 2
    assert holds(shadow, source, 2)
    assert shadow.follow(2) is None


def test_each_step_gives_the_delta_of_exactly_what_changed(
    shadow: Shadow, source: PageSource
) -> None:
    shadow.follow(2)
    txid = step(source, "UPDATE users SET balance = 7000 WHERE name = 'user 9'")
    data = shadow.follow(txid)
    assert data is not None
    assert len(data) < 300
    assert led(data, source) == source.pages(txid)
    assert holds(shadow, source, txid)


def test_a_short_step_is_gone_at_once_and_any_other_is_left_to_a_thread(
    shadow: Shadow, source: PageSource
) -> None:
    assert shadow.follow_shortly(2) is None
    shadow.follow(2)
    txid = step(source, "UPDATE users SET balance = 7000 WHERE name = 'user 9'")
    data = shadow.follow_shortly(txid)
    assert data is not None
    assert led(data, source) == source.pages(txid)
    assert holds(shadow, source, txid)
    assert shadow.follow_shortly(txid) is None
    assert shadow.follow_shortly(txid + 1) is None
    large = step(source, "UPDATE users SET name = hex(randomblob(200))")
    assert shadow.follow_shortly(large) is None
    assert shadow.txid == txid
    assert shadow.follow(large) is not None
    assert holds(shadow, source, large)


def test_a_damaged_file_on_a_short_way_is_never_taken(shadow: Shadow, source: PageSource) -> None:
    shadow.follow(2)
    txid = step(source, "UPDATE users SET balance = 1 WHERE name = 'user 9'")
    path = ltx_path(source.root, LtxName(level=0, min_txid=txid, max_txid=txid))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert shadow.follow_shortly(txid) is None
    with pytest.raises(ReplicationError):
        shadow.follow(txid)


def test_several_files_become_one_delta(shadow: Shadow, source: PageSource) -> None:
    shadow.follow(2)
    for number in range(5):
        step(source, f"UPDATE users SET balance = {number} WHERE name = 'user {number * 50}'")
    data = shadow.follow(7)
    assert data is not None
    assert (read_delta(data).step.base_txid, read_delta(data).step.txid) == (2, 7)
    assert led(data, source) == source.pages(7)


def test_a_whole_database_in_one_step_is_a_small_delta(shadow: Shadow, source: PageSource) -> None:
    shadow.follow(2)
    txid = source.commit("UPDATE users SET balance = 1 WHERE name = 'user 1'")
    whole = source.pages(txid)
    source.images[txid - 1] = b""  # what a restarted litestream knows of the step before
    source.write(0, txid, txid)
    source.images[txid - 1] = source.images[2]
    data = shadow.follow(txid)
    assert data is not None
    assert len(read_delta(data).pages) < len(whole) / 2
    assert holds(shadow, source, txid)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds=st.lists(st.lists(CHANGES, min_size=1, max_size=3), min_size=1, max_size=6))
def test_whatever_happens_to_a_directory_its_shadow_and_a_site_follow(
    rounds: list[list[str]],
) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        source_in(Path(name)) as source,
        closing(Shadow(Path(name) / "shadow", Path(name) / "store")) as shadow,
    ):
        shadow.follow(2)
        for changes in rounds:
            txid = max([step(source, change) for change in changes])
            data = shadow.follow(txid)
            assert data is not None
            assert led(data, source) == source.pages(txid)
            assert holds(shadow, source, txid)


def test_after_a_gap_it_is_made_anew_from_whatever_bridges_it(
    shadow: Shadow, source: PageSource
) -> None:
    shadow.follow(2)
    source.commit("DELETE FROM users WHERE balance > 100")
    source.commit("VACUUM")
    source.write(1, 2, 4)
    assert shadow.follow(4) is None
    assert holds(shadow, source, 4)
    assert shadow.follow(step(source, "DELETE FROM users")) is not None


def test_where_nothing_leads_to_the_txid_it_stands_nowhere_until_something_does(
    shadow: Shadow, source: PageSource
) -> None:
    shadow.follow(2)
    source.commit("DELETE FROM users WHERE balance > 100")
    with pytest.raises(ReplicationError):
        shadow.follow(3)
    assert shadow.txid == 0
    source.write(0, 3, 3)
    assert shadow.follow(3) is None
    assert holds(shadow, source, 3)


def test_a_damaged_file_is_never_taken(shadow: Shadow, source: PageSource) -> None:
    shadow.follow(2)
    txid = step(source, "UPDATE users SET balance = 0")
    path = ltx_path(source.root, LtxName(level=0, min_txid=txid, max_txid=txid))
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(ReplicationError):
        shadow.follow(txid)
    path.write_bytes(whole)
    shadow.follow(txid)
    assert holds(shadow, source, txid)


def test_a_shadow_that_is_closed_leaves_nothing_and_takes_nothing(
    shadow: Shadow, source: PageSource, tmp_path: Path
) -> None:
    shadow.follow(2)
    shadow.close()
    assert not (tmp_path / "shadow.pages").exists()
    with pytest.raises(ReplicationError):
        shadow.follow(step(source, "DELETE FROM users"))
