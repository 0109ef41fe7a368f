"""A large directory for benches: the same rows for headquarters and for PostgreSQL.

Each user has a full name, a balance, a card and a group. A card's hash is random, as a keyed hash
is, so half of the bytes cannot be compressed.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Final

from bench.catch_up import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.live.lab import Lab

GROUPS: Final = 500
FIRST_NAMES: Final = ("Ada", "Bela", "Chiara", "Dmitri", "Edith", "Farid", "Greta", "Hiro")
LAST_NAMES: Final = ("Lovelace", "Bartok", "Rossi", "Mendeleev", "Clarke", "Haddad", "Garbo")
USERS_TABLE: Final = """
    CREATE TABLE users (user_name text PRIMARY KEY, full_name text NOT NULL,
                        enabled boolean NOT NULL, restricted boolean NOT NULL)
"""
BALANCES_TABLE: Final = """
    CREATE TABLE balances (payer text PRIMARY KEY, balance_micros bigint NOT NULL)
"""
CARDS_TABLE: Final = """
    CREATE TABLE cards (card_hash text PRIMARY KEY, user_name text NOT NULL,
                        revoked boolean NOT NULL)
"""
MEMBERSHIPS_TABLE: Final = """
    CREATE TABLE memberships (group_name text, user_name text,
                              PRIMARY KEY (group_name, user_name))
"""
TABLES: Final[Mapping[str, Sequence[str]]] = {
    "users": (USERS_TABLE,),
    "balances": (BALANCES_TABLE,),
    "cards": (CARDS_TABLE, "CREATE INDEX ix_cards_user_name ON cards (user_name)"),
    "memberships": (
        MEMBERSHIPS_TABLE,
        "CREATE INDEX ix_memberships_user_name ON memberships (user_name)",
    ),
}
"""The tables that have a row for each user, as PostgreSQL makes them: with the same indexes."""
INSERTS: Final[Mapping[str, str]] = {
    "users": "INSERT INTO users (user_name, full_name, enabled, restricted) VALUES (?, ?, ?, ?)",
    "balances": "INSERT INTO balances (payer, balance_micros) VALUES (?, ?)",
    "cards": "INSERT INTO cards (card_hash, user_name, revoked) VALUES (?, ?, ?)",
    "memberships": "INSERT INTO memberships (group_name, user_name) VALUES (?, ?)",
}


def rows_of(table: str, users: int, first: int = 1) -> Iterator[tuple[object, ...]]:
    """The rows of that table, for so many users, or for those of them from `first` on."""
    for number in range(first, users + 1):
        yield _row(table, number)


def _row(table: str, number: int) -> tuple[object, ...]:
    name = f"user{number:06}"
    if table == "users":
        first, last = (names[number % len(names)] for names in (FIRST_NAMES, LAST_NAMES))
        return name, f"{first} {last} {number}", True, number % 3 > 0
    if table == "balances":
        return f"user:{name}", number * 7_919 % 100_000 * 1_000
    if table == "cards":
        return hashlib.sha256(name.encode()).hexdigest(), name, False
    return f"group{number % GROUPS:03}", name


def fill_directory(lab: Lab, users: int, first: int = 1) -> None:
    """Write them into a running headquarters' directory, in one transaction."""
    with closing(writing(lab)) as directory:
        directory.execute("BEGIN IMMEDIATE")
        for table, insert in INSERTS.items():
            directory.executemany(insert, rows_of(table, users, first))
        directory.execute("COMMIT")
