"""Which policies apply here, and that somebody hears of those that cannot."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from replication.adapters.replica import ReplicaUnreadableError
from replication.schema import directory as schema
from site_server.service.applied_policy import AppliedPolicy
from site_server.store.directory import Directory
from tests.unit.site_server.a_site import SITE, replica_in

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest
    from sqlalchemy import Connection

    from site_server.testing import DirectoryFile


def put(replica: DirectoryFile, layer: str, scope: str, version: int, **rules: object) -> None:
    body = json.dumps({**rules, "version": version})
    replica.put(schema.policies, layer=layer, scope=scope, version=version, body=body)


def test_the_version_is_the_highest_of_what_applies_here_a_removal_included(
    tmp_path: Path,
) -> None:
    with closing(replica_in(tmp_path)) as replica:
        applied = AppliedPolicy(Directory(replica, SITE))
        assert applied.version() == 0
        put(replica, "global", "", 3)
        put(replica, "site", "lima", 9)
        put(replica, "printer", "lima-laser", 8)
        assert applied.version() == 3
        put(replica, "printer", "oslo-1", 5)
        assert applied.version() == 5
        replica.put(
            schema.policies,
            layer="site",
            scope=SITE,
            version=7,
            body='{"version": 7}',
            removed=True,
        )
        assert applied.version() == 7
        replica.ready = False
        assert applied.version() is None


def test_a_policy_that_cannot_be_used_is_told_once_and_so_is_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(replica_in(tmp_path)) as replica:
        applied = AppliedPolicy(Directory(replica, SITE))
        put(replica, "printer", "oslo-1", 2, from_the_future=1)
        for _ in range(3):
            assert applied.version() == 2
        assert caplog.text.count("the built-in rules decide: printer.from_the_future") == 1
        replica.put(schema.policies, layer="printer", scope="oslo-1", version=3, body="[")
        applied.version()
        assert caplog.text.count("not a policy") == 1
        put(replica, "printer", "oslo-1", 4, pages_max=5)
        for _ in range(3):
            applied.version()
        assert caplog.text.count("can be used again") == 1


def test_a_replica_that_cannot_be_read_tells_no_version() -> None:
    class Broken:
        ready = True

        def snapshot(self) -> AbstractContextManager[Connection]:
            raise ReplicaUnreadableError

    assert AppliedPolicy(Directory(Broken(), SITE)).version() is None


def test_nobody_looks_again_while_nothing_was_applied(tmp_path: Path) -> None:
    applied: list[int] = [1]
    with closing(replica_in(tmp_path)) as replica:
        policy = AppliedPolicy(Directory(replica, SITE), lambda: tuple(applied))
        assert policy.version() == 0
        put(replica, "global", "", 3)
        assert policy.version() == 0
        applied.append(2)
        assert policy.version() == 3
