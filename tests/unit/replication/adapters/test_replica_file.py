"""Random histories of a database, applied in random portions, page for page."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlean

from replication.adapters.applier.apply import Applier
from replication.adapters.applier.replica_file import Change, PageSizeError, ReplicaFile
from replication.errors import StorageError
from replication.position import Position
from tests.unit.replication.adapters.database_pages import comparable
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEPS = 50


def image(path: Path) -> bytes:
    """Read in this process, which opens the replica with no other library than the applier's."""
    with closing(sqlean.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        pages = connection.execute("SELECT data FROM sqlite_dbpage ORDER BY pgno")
        return comparable(b"".join(page for (page,) in pages))


def test_a_database_that_shrinks_gives_its_disk_space_back(tmp_path: Path) -> None:
    """SQLite took the new size from page 1 and cut nothing off: the file kept its tail."""
    with PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source:
        source.commit("CREATE TABLE a (b)", "INSERT INTO a VALUES (zeroblob(90000))")
        source.commit("DELETE FROM a")
        source.commit("VACUUM")
        with closing(ReplicaFile(tmp_path / "replica.db")) as replica:
            applier = Applier(replica, tmp_path / "replica.position", tmp_path / "mirror")
            for txid in (1, 3):
                source.write(9, 1, txid)
                assert applier.apply(LINEAGE).gap is None
                assert replica.page_count == len(source.pages(txid))
        assert (tmp_path / "replica.db").stat().st_size == len(source.images[3])


def random_statement(draw: random.Random, number: int, tables: list[str]) -> str:
    kind = draw.randrange(10)
    if kind == 0 or len(tables) < 2:
        tables.append(f"t{number}_{'x' * draw.randrange(200)}")
        return f"CREATE TABLE {tables[-1]} (a INTEGER PRIMARY KEY, b, c DEFAULT {number})"
    table = draw.choice(tables)
    if kind == 1:
        tables.remove(table)
        return f"DROP TABLE {table}"
    count, size = draw.randrange(1, 300), draw.choice([1, 10, 1000])
    fill = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < {count})"
        f" INSERT INTO {table} (b, c) SELECT hex(randomblob(9)), zeroblob({size}) FROM n"
    )
    return {
        2: f"ALTER TABLE {table} ADD COLUMN e{number}",
        3: f"CREATE INDEX i{number} ON {table} (b)",
        4: "VACUUM",
        5: f"DELETE FROM {table} WHERE a % 2 = 0",
        6: f"DELETE FROM {table}",
    }.get(kind, fill)


@pytest.mark.parametrize(("seed", "page_size"), [(1, 512), (2, 1024), (3, 4096), (4, 65_536)])
def test_whatever_happened_to_the_directory_the_replica_has_the_same_pages(
    tmp_path: Path, seed: int, page_size: int
) -> None:
    draw = random.Random(seed)
    tables: list[str] = []
    root = tmp_path / "mirror" / LINEAGE
    with (
        PageSource(tmp_path / "directory.db", root, page_size=page_size) as source,
        closing(ReplicaFile(tmp_path / "replica.db")) as replica,
    ):
        applier = Applier(replica, tmp_path / "replica.position", tmp_path / "mirror")
        applied_txid = 0
        for number in range(STEPS):
            txid = source.commit(random_statement(draw, number, tables))
            if draw.random() < 0.4:
                continue
            level = draw.choice([0, 0, 1, 9])
            low = {0: applied_txid + 1, 1: draw.randint(1, applied_txid + 1), 9: 1}[level]
            source.write(level, low, txid)
            outcome = applier.apply(LINEAGE, draw.choice([None, txid]))
            replica.checkpoint(outcome.pages)
            assert applier.position == Position(lineage=LINEAGE, txid=txid)
            assert image(tmp_path / "replica.db") == comparable(source.images[txid])
            applied_txid = txid


def test_a_transaction_that_fails_halfway_leaves_everything_as_it_was(tmp_path: Path) -> None:
    class BrokenError(Exception):
        pass

    def broken() -> Iterator[tuple[int, bytes]]:
        yield 2, bytes(1024)
        raise BrokenError

    with (
        PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source,
        closing(ReplicaFile(tmp_path / "replica.db")) as replica,
    ):
        source.commit("CREATE TABLE a (b PRIMARY KEY)", "INSERT INTO a VALUES (1)")
        source.write(9, 1, 1)
        Applier(replica, tmp_path / "replica.position", tmp_path / "mirror").apply(LINEAGE)
        before = image(tmp_path / "replica.db")
        here = Position(lineage=LINEAGE, txid=1)
        with pytest.raises(BrokenError):
            replica.write(
                Change(page_size=1024, commit=3, pages=broken(), first_page=None, position=here)
            )
        half_a_page = Change(
            page_size=1024, commit=3, pages=[(2, b"x")], first_page=None, position=here
        )
        with pytest.raises(StorageError):
            replica.write(half_a_page)
        with pytest.raises(PageSizeError):
            replica.write(Change(page_size=512, commit=3, pages=[], first_page=None, position=here))
        assert image(tmp_path / "replica.db") == before
