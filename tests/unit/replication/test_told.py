"""Which rows of the directory one question is answered with, and which never."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState
from replication.schema import directory as schema
from replication.told import USER_TABLES, Question, Told, known_rows, told_rows
from site_server.testing import DirectoryFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replication.told import Rows


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DirectoryFile]:
    """Two nodes and two users, and everything there is about each."""
    opened = DirectoryFile(tmp_path / "directory.db")
    for site in ("annex", "oslo"):
        printer = f"{site}-laser"
        opened.put(
            schema.printers, printer_name=printer, site_name=site, printer_uri="ipp://p", **MODE
        )
        opened.put(schema.queues, queue_name=f"{site}-q", site_name=site, printer_name=printer)
        opened.put(schema.prices, printer_name=printer, **PRICE)
        opened.put(schema.watermarks, site_name=site, epoch=1, seq=3, entry_hash="0" * 64)
        opened.put(schema.policies, layer="site", scope=site, version=1, body="{}")
        opened.put(schema.policies, layer="printer", scope=printer, version=1, body="{}")
    opened.put(schema.prices, printer_name="", **PRICE)
    for user in ("ada", "grace"):
        opened.put(schema.users, user_name=user, full_name=user, enabled=True, restricted=True)
        opened.put(schema.memberships, group_name="staff", user_name=user)
        opened.put(schema.balances, payer=f"user:{user}", balance_micros=1)
        opened.put(schema.cards, card_hash=user, user_name=user, revoked=False)
        opened.put(schema.allowances, payer=f"user:{user}", site_name="annex", granted_micros=1)
        opened.put(schema.allowances, payer=f"user:{user}", site_name="oslo", granted_micros=1)
    for account in ("Offline Account", "spare", "research"):
        opened.put(schema.accounts, account_name=account, title=account)
        opened.put(schema.balances, payer=f"account:{account}", balance_micros=1)
    yield opened
    opened.close()


MODE = {"provider_mode": "auto"}
PRICE = dict.fromkeys(
    (
        "mono_simplex_micros",
        "mono_duplex_micros",
        "colour_simplex_micros",
        "colour_duplex_micros",
    ),
    1,
)


def rows_for(directory: DirectoryFile, user_name: str | None) -> Rows:
    with directory.snapshot() as connection:
        return told_rows(connection, "annex", user_name)


def names(rows: Rows, table: str, column: str) -> list[object]:
    return sorted((row[column] for row in rows[table]), key=str)


def test_a_node_is_told_its_own_queues_printers_prices_and_rules(directory: DirectoryFile) -> None:
    directory.put(schema.policies, layer="global", scope="", version=1, body="{}")
    rows = rows_for(directory, None)
    assert names(rows, "queues", "queue_name") == ["annex-q"]
    assert names(rows, "printers", "printer_name") == ["annex-laser"]
    assert names(rows, "prices", "printer_name") == ["", "annex-laser"]
    assert names(rows, "policies", "scope") == ["", "annex", "annex-laser"]
    assert names(rows, "watermarks", "site_name") == ["annex"]
    assert all(not rows[table] for table in USER_TABLES - {"balances"})


def test_of_people_only_the_user_who_was_asked_about_is_told(directory: DirectoryFile) -> None:
    rows = rows_for(directory, "ada")
    assert "grace" not in json.dumps(rows)
    assert names(rows, "memberships", "group_name") == ["staff"]
    assert names(rows, "allowances", "site_name") == ["annex"]
    assert names(rows, "balances", "payer") == ["account:Offline Account", "user:ada"]


def test_cards_secrets_and_panels_are_never_told(directory: DirectoryFile) -> None:
    assert not {"cards", "credentials", "devices"} & rows_for(directory, "ada").keys()


def test_only_accounts_that_a_policy_charges_by_itself_are_told(directory: DirectoryFile) -> None:
    body = json.dumps({"offline_account_name": "spare"})
    directory.put(schema.policies, layer="site", scope="annex", version=1, body=body)
    rows = rows_for(directory, "ada")
    assert names(rows, "accounts", "account_name") == ["Offline Account", "spare"]


def test_an_answer_keeps_its_types_on_the_way(directory: DirectoryFile) -> None:
    told = Told(rows=rows_for(directory, "ada"), link_state=LinkState.ONLINE)
    back = Told.model_validate_json(told.model_dump_json())
    assert back == told
    assert back.rows["users"][0]["enabled"] is True


def test_columns_of_a_newer_version_are_left_out() -> None:
    known = known_rows(schema.groups, [{"group_name": "staff", "title": "Staff", "colour": "red"}])
    assert known == [{"group_name": "staff", "title": "Staff"}]


def test_a_question_names_one_user_or_none() -> None:
    assert Question.model_validate_json("{}").user_name is None
    with pytest.raises(ValueError, match="user_name"):
        Question(user_name="")
