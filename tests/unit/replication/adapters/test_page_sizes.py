"""Databases of every page size that lived through random work, applied in every way."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.live.page_history import WORK, PageHistory
from chaos.live.replica_feed import KINDS, LINEAGE, ReplicaFeed
from chaos.live.replica_state import replica_state
from replication.adapters.applier.apply import Applier
from replication.adapters.applier.replica_file import ReplicaFile
from replication.position import Position
from tests.unit.replication.adapters.database_pages import comparable, database_image

PAGE_SIZES = (512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536)
NO, FULL, INCREMENTAL = range(3)


def apply_all(history: PageHistory, folder: Path, random: Random, kinds: list[str]) -> None:
    """Feed the history in these ways, again and again, and compare after each request."""
    states = history.states()
    feed = ReplicaFeed(history, folder, random)
    txid = number = 0
    while txid < history.txid:
        asked = feed.next(kinds[number % len(kinds)], txid, random.randint(1, 5))
        number += 1
        with closing(ReplicaFile(folder / "replica.db")) as replica:
            applier = Applier(replica, folder / "replica.position", folder / "mirror")
            if asked.kind == "deltas":
                outcome = applier.apply_deltas(LINEAGE, asked.chain)
            else:
                outcome = applier.apply(LINEAGE, asked.head_txid)
        assert (outcome.refused, outcome.gap) == ([], None)
        assert applier.position == Position(lineage=LINEAGE, txid=asked.txid)
        state = replica_state(folder, states)
        assert state.txid == asked.txid
        assert state.position_txid == asked.txid
        txid = asked.txid


@given(
    work=st.lists(st.sampled_from(tuple(WORK)), min_size=4, max_size=14),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=5),
    page_size=st.sampled_from(PAGE_SIZES),
    auto_vacuum=st.sampled_from((NO, FULL, INCREMENTAL)),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
def test_any_work_applied_in_any_way_gives_the_directory_page_for_page(
    *, work: list[str], kinds: list[str], page_size: int, auto_vacuum: int, seed: int
) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "site"
        folder.mkdir()
        path = Path(name) / "directory.db"
        with PageHistory(path, random, page_size=page_size, auto_vacuum=auto_vacuum) as history:
            for kind in ("insert", *work):
                history.work(kind)
            apply_all(history, folder, random, kinds)


@pytest.mark.parametrize("auto_vacuum", [NO, FULL, INCREMENTAL])
@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_every_page_size_is_followed_through_every_kind_of_work(
    tmp_path: Path, page_size: int, auto_vacuum: int
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    random = Random(page_size + auto_vacuum)
    path = tmp_path / "directory.db"
    with PageHistory(path, random, page_size=page_size, auto_vacuum=auto_vacuum) as history:
        for kind in ("insert", "insert", *WORK, "insert", "vacuum"):
            history.work(kind)
        apply_all(history, folder, random, list(KINDS))
        assert database_image(folder / "replica.db") == comparable(history.images[-1])


@pytest.mark.parametrize("level", [0, 1, 2, 3, 9])
def test_a_gap_is_bridged_from_any_level(tmp_path: Path, level: int) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    with PageHistory(tmp_path / "directory.db", Random(level)) as history:
        for kind in ("insert", "insert", "delete", "vacuum", "insert"):
            history.work(kind)
        feed = ReplicaFeed(history, folder, Random(level))
        feed.put(9, 1, 2)
        feed.put(0, 6, 6)
        with closing(ReplicaFile(folder / "replica.db")) as replica:
            applier = Applier(replica, folder / "replica.position", folder / "mirror")
            assert applier.apply(LINEAGE).gap is not None
            assert applier.position == Position(lineage=LINEAGE, txid=2)
            feed.put(level, 1 if level == 9 else 3, 5)
            outcome = applier.apply(LINEAGE)
        assert (outcome.gap, outcome.applied) == (None, 2)
        assert replica_state(folder, history.states()).txid == 6
