"""Shared accounts as a site reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Micros
from replication.schema import directory as schema
from site_server.store.accounts import Account, named_accounts, offered_accounts
from site_server.testing import DirectoryFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

BOTH = frozenset({"Library", "Wing"})


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[DirectoryFile]:
    replica = DirectoryFile(tmp_path / "replica.db")
    for name, title, enabled in (
        ("Library", "Z, the library", True),
        ("Wing", "A new wing", True),
        ("Old", "B, gone", False),
        ("Closed", "C, for nobody", True),
    ):
        replica.put(schema.accounts, account_name=name, title=title, enabled=enabled)
    for name, member in (
        ("Library", "*"),
        ("Wing", "user:ada"),
        ("Wing", "group:staff"),
        ("Old", "*"),
    ):
        replica.put(schema.account_access, account_name=name, member=member)
    replica.put(schema.memberships, group_name="staff", user_name="grace")
    replica.put(schema.memberships, group_name="guests", user_name="alan")
    replica.put(schema.balances, payer="account:Library", balance_micros=7)
    yield replica
    replica.close()


@pytest.fixture
def connection(replica: DirectoryFile) -> Iterator[Connection]:
    with replica.snapshot() as connection:
        yield connection


@pytest.mark.parametrize(
    ("user_name", "is_open"), [("ada", True), ("grace", True), ("alan", False), ("staff", False)]
)
def test_an_account_is_open_to_users_and_to_members_of_groups(
    connection: Connection, user_name: str, is_open: bool
) -> None:
    found = named_accounts(connection, BOTH, user_name)
    assert found["Wing"].open_to_user is is_open
    assert found["Library"].open_to_user


def test_a_named_account_comes_with_its_balance_and_its_switches(connection: Connection) -> None:
    assert named_accounts(connection, frozenset({"Library", "None"}), "ada") == {
        "Library": Account(
            account_name="Library",
            title="Z, the library",
            enabled=True,
            restricted=True,
            balance_micros=Micros(7),
            open_to_user=True,
        )
    }
    (old,) = named_accounts(connection, frozenset({"Old"}), "ada").values()
    assert (old.enabled, old.balance_micros) == (False, 0)
    assert named_accounts(connection, frozenset(), "ada") == {}


def test_a_person_is_offered_what_is_open_and_enabled_by_title(connection: Connection) -> None:
    offered = offered_accounts(connection, "ada", 9)
    assert [account.account_name for account in offered] == ["Wing", "Library"]
    assert [one.account_name for one in offered_accounts(connection, "alan", 9)] == ["Library"]
    assert [one.account_name for one in offered_accounts(connection, "ada", 1)] == ["Wing"]
