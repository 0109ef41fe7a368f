"""How old the newest word from headquarters is, by this site's own clock."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from replication.errors import ReplicationError
from replication.schema import directory as schema
from replication.testing import ManualClock
from site_server.service.replica_age import ReplicaAge
from site_server.store.directory import Directory
from site_server.testing import DirectoryFile
from tests.unit.site_server.a_site import SITE, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection


class DamagedFile(DirectoryFile):
    """A replica that cannot be read while `is_damaged`."""

    is_damaged = False

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        if self.is_damaged:
            raise ReplicationError
        with super().snapshot() as connection:
            yield connection


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[DamagedFile]:
    replica = DamagedFile(tmp_path / "replica.db")
    fill(replica)
    yield replica
    replica.close()


def beat(replica: DirectoryFile, wall_ms: int) -> None:
    replica.change(lambda c: c.execute(schema.heartbeat.update().values(wall_ms=wall_ms)))


def test_the_age_counts_from_when_a_newer_heartbeat_was_seen(replica: DamagedFile) -> None:
    clock = ManualClock()
    age = ReplicaAge(Directory(replica, SITE), clock)
    assert age.age_ms() == 0
    clock.advance(4_000)
    assert age.age_ms() == 4_000
    beat(replica, 5)  # whatever the clock of headquarters says
    assert age.age_ms() == 0
    clock.jump(3_600_000)
    clock.advance(1_000)
    assert age.age_ms() == 1_000


def test_a_site_without_a_replica_has_nothing_that_could_be_old(replica: DamagedFile) -> None:
    clock = ManualClock()
    replica.ready = False
    age = ReplicaAge(Directory(replica, SITE), clock)
    clock.advance(90_000)
    assert age.age_ms() == 0
    replica.ready = True
    assert age.age_ms() == 0
    clock.advance(10)
    assert age.age_ms() == 10


def test_a_replica_that_cannot_be_read_grows_old(replica: DamagedFile) -> None:
    clock = ManualClock()
    age = ReplicaAge(Directory(replica, SITE), clock)
    age.age_ms()
    replica.is_damaged = True
    clock.advance(70_000)
    assert age.age_ms() == 70_000


def test_nobody_looks_again_while_nothing_was_applied(replica: DamagedFile) -> None:
    clock, applied = ManualClock(), [1]
    age = ReplicaAge(Directory(replica, SITE), clock, lambda: tuple(applied))
    assert age.age_ms() == 0
    clock.advance(4_000)
    beat(replica, 5)
    assert age.age_ms() == 4_000
    applied.append(2)
    assert age.age_ms() == 0


def test_without_a_word_of_what_was_applied_it_looks_each_time(replica: DamagedFile) -> None:
    clock = ManualClock()
    age = ReplicaAge(Directory(replica, SITE), clock, lambda: None)
    age.age_ms()
    clock.advance(4_000)
    beat(replica, 5)
    assert age.age_ms() == 0
