"""Promise 5 in a live run: what was seen on the way, and what both files hold."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pysqlite3

from chaos.live_scenarios.replicas import content, went_back
from chaos.live_scenarios.timeline import Sample

if TYPE_CHECKING:
    from pathlib import Path


def sample(at_ms: int, txid: int, *, lineage: str = "one", site: str = "oslo") -> Sample:
    return Sample(at_ms=at_ms, site=site, link="online", txid=txid, lineage=lineage)


def test_a_replica_that_went_back_is_found() -> None:
    (finding,) = went_back([sample(0, 5), sample(250, 6), sample(500, 4), sample(750, 6)])
    assert finding == "oslo at 500 ms: its replica went back from TXID 6 to 4"


def test_a_new_lineage_another_site_and_a_replica_that_is_made_anew_are_no_way_back() -> None:
    assert not went_back(
        [sample(0, 9), sample(1, 3, site="lima"), sample(2, 0), sample(3, 2, lineage="two")]
    )


def test_two_files_are_the_same_where_all_their_rows_are(tmp_path: Path) -> None:
    for name, rows in (("a", [(1, "x"), (2, "y")]), ("b", [(2, "y"), (1, "x")]), ("c", [(1, "x")])):
        with closing(pysqlite3.connect(tmp_path / name)) as connection, connection:
            connection.execute("CREATE TABLE t (number INTEGER, word TEXT)")
            connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a") != content(tmp_path / "c")
