from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import text

from replication.adapters.applier.position_file import store_position
from replication.adapters.replica import (
    Replica,
    ReplicaNotReadyError,
    ReplicaUnreadableError,
    SnapshotOpenError,
)
from replication.position import Position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINEAGE = "c" * 32
SUM = text("SELECT balance, watermark FROM state")


def make(path: Path) -> sqlite.Connection:
    writer = sqlite.connect(str(path), isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE state (balance INTEGER, watermark INTEGER)")
    writer.execute("INSERT INTO state VALUES (100, 0)")
    return writer


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    with closing(Replica(tmp_path / "replica.db")) as replica:
        yield replica


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite.Connection]:
    """Stands in for the applier, with the same library: this test is one process."""
    with closing(make(tmp_path / "replica.db")) as writer:
        store_position(tmp_path / "replica.position", Position(lineage=LINEAGE, txid=1))
        yield writer


def test_before_the_first_apply_it_is_not_ready(replica: Replica, tmp_path: Path) -> None:
    assert not replica.ready
    assert replica.position is None
    with pytest.raises(ReplicaNotReadyError), replica.snapshot():
        pass
    with closing(make(tmp_path / "replica.db")):
        assert not replica.ready
        with pytest.raises(ReplicaNotReadyError), replica.snapshot():
            pass


def test_it_becomes_ready_by_itself(replica: Replica, writer: sqlite.Connection) -> None:
    assert writer
    assert replica.ready
    with replica.snapshot() as connection:
        assert connection.execute(SUM).one() == (100, 0)


def test_a_snapshot_stands_still_while_the_applier_writes(
    replica: Replica, writer: sqlite.Connection
) -> None:
    with replica.snapshot() as connection:
        assert connection.execute(text("SELECT balance FROM state")).scalar_one() == 100
        writer.execute("UPDATE state SET balance = 90, watermark = 1")
        assert connection.execute(text("SELECT watermark FROM state")).scalar_one() == 0
    with replica.snapshot() as connection:
        assert connection.execute(SUM).one() == (90, 1)


def test_a_long_lived_connection_follows_a_changed_schema(
    replica: Replica, writer: sqlite.Connection
) -> None:
    with replica.snapshot() as connection:
        connection.execute(SUM).one()
    writer.execute("ALTER TABLE state ADD COLUMN note TEXT DEFAULT 'x'")
    with replica.snapshot() as connection:
        assert connection.execute(text("SELECT * FROM state")).one() == (100, 0, "x")


def test_nothing_can_be_written(replica: Replica, writer: sqlite.Connection) -> None:
    update = text("UPDATE state SET balance = 0")
    with pytest.raises(ReplicaUnreadableError), replica.snapshot() as connection:
        connection.execute(update)
    assert writer.execute("SELECT balance FROM state").fetchone() == (100,)
    with replica.snapshot() as connection:
        assert connection.execute(SUM).one() == (100, 0)


def test_snapshots_do_not_nest(replica: Replica, writer: sqlite.Connection) -> None:
    assert writer
    with replica.snapshot() as connection:
        with pytest.raises(SnapshotOpenError), replica.snapshot():
            pass
        assert connection.execute(SUM).one() == (100, 0)


def test_an_error_of_the_reader_ends_the_snapshot(
    replica: Replica, writer: sqlite.Connection
) -> None:
    assert writer
    with pytest.raises(KeyError), replica.snapshot():
        raise KeyError
    with replica.snapshot() as connection:
        assert connection.execute(SUM).one() == (100, 0)


def test_the_position_follows_its_file(
    replica: Replica, writer: sqlite.Connection, tmp_path: Path
) -> None:
    assert writer
    assert replica.position == Position(lineage=LINEAGE, txid=1)
    store_position(tmp_path / "replica.position", Position(lineage=LINEAGE, txid=2))
    assert replica.position == Position(lineage=LINEAGE, txid=2)


def test_a_damaged_position_is_none(
    replica: Replica, writer: sqlite.Connection, tmp_path: Path
) -> None:
    assert writer
    (tmp_path / "replica.position").write_text("nonsense")
    assert replica.position is None
    assert not replica.ready


def test_a_replica_that_was_made_anew_is_opened_anew(
    replica: Replica, writer: sqlite.Connection, tmp_path: Path
) -> None:
    with replica.snapshot() as connection:
        connection.execute(SUM).one()
    writer.close()
    for file in tmp_path.glob("replica.db*"):
        file.unlink()
    with closing(make(tmp_path / "replica.db")) as again:
        again.execute("UPDATE state SET balance = 7")
        with replica.snapshot() as connection:
            assert connection.execute(SUM).one() == (7, 0)


def test_a_replica_that_is_no_database_cannot_be_read(replica: Replica, tmp_path: Path) -> None:
    (tmp_path / "replica.db").write_bytes(b"nonsense" * 1000)
    store_position(tmp_path / "replica.position", Position(lineage=LINEAGE, txid=1))
    with pytest.raises(ReplicaUnreadableError), replica.snapshot() as connection:
        connection.execute(SUM).one()


def test_a_path_with_odd_characters_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "a?b#c %41 d"
    folder.mkdir()
    with (
        closing(make(folder / "replica.db")),
        closing(Replica(folder / "replica.db")) as replica,
    ):
        store_position(folder / "replica.position", Position(lineage=LINEAGE, txid=1))
        with replica.snapshot() as connection:
            assert connection.execute(SUM).one() == (100, 0)
