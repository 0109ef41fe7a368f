"""What was told is read like a replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.replica import ReplicaUnreadableError
from site_server.adapters.told_directory import ToldDirectory
from site_server.store.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replication.told import Row

ADA: Row = {"user_name": "ada", "full_name": "Ada", "enabled": True, "restricted": False}


@pytest.fixture
def told() -> Iterator[ToldDirectory]:
    opened = ToldDirectory()
    yield opened
    opened.close()


def person(told: ToldDirectory, name: str = "ada") -> object:
    with Directory(told, "oslo").read() as snapshot:
        return snapshot.person(name) if snapshot else "nothing was told"


def test_before_anything_is_told_there_is_nothing_to_read(told: ToldDirectory) -> None:
    assert person(told) == "nothing was told"


def test_it_holds_the_newest_answer_and_no_other(told: ToldDirectory) -> None:
    told.fill({"users": [ADA], "memberships": [{"group_name": "staff", "user_name": "ada"}]})
    found = person(told)
    assert getattr(found, "groups", None) == frozenset({"staff"})
    told.fill({"users": [{**ADA, "user_name": "grace"}]})
    assert person(told) is None
    assert getattr(person(told, "grace"), "groups", None) == frozenset()


def test_what_a_newer_node_tells_beyond_our_knowledge_is_left_out(told: ToldDirectory) -> None:
    told.fill({"users": [{**ADA, "shoe_size": 42}], "shoes": [{"size": 42}]})
    assert getattr(person(told), "user_name", None) == "ada"


def test_rows_that_cannot_be_kept_are_an_error_and_nothing_is_changed(told: ToldDirectory) -> None:
    told.fill({"users": [ADA]})
    with pytest.raises(ReplicaUnreadableError, match="cannot be read"):
        told.fill({"users": [{"user_name": "grace"}]})
    assert getattr(person(told), "user_name", None) == "ada"
