"""The grants as the replica has them: this site's own, and how much all sites have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Micros
from replication.schema import directory as schema
from site_server.store.directory import Directory
from site_server.store.grants import Grant, Held
from site_server.testing import DirectoryFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[DirectoryFile]:
    file = DirectoryFile(tmp_path / "replica.db")
    file.put(schema.balances, payer="user:ada", balance_micros=100)
    for payer, site_name, granted in (
        ("user:ada", "oslo", 30),
        ("user:ada", "lima", 20),
        ("user:bob", "lima", 10),
        ("account:research", "oslo", 5),
    ):
        row = {"payer": payer, "site_name": site_name, "granted_micros": granted}
        file.put(schema.allowances, **row)
    yield file
    file.close()


def grant(here: int, everywhere: int) -> Grant:
    return Grant(here_micros=Micros(here), everywhere_micros=Micros(everywhere))


def test_who_has_no_grant_anywhere_is_left_out(replica: DirectoryFile) -> None:
    with Directory(replica, "oslo").read() as snapshot:
        assert snapshot is not None
        assert snapshot.grants(["user:ada", "user:bob", "user:eve"]) == {
            "user:ada": grant(30, 50),
            "user:bob": grant(0, 10),
        }
        assert snapshot.grants([]) == {}


def test_what_is_held_here_stands_beside_its_balance(replica: DirectoryFile) -> None:
    with Directory(replica, "oslo").read() as snapshot:
        assert snapshot is not None
        assert snapshot.held_grants() == {
            "user:ada": Held(grant=grant(30, 50), balance_micros=Micros(100)),
            "account:research": Held(grant=grant(5, 5), balance_micros=Micros(0)),
        }
