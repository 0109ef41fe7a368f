"""Makes a primary's data folder from an organisation file.

Everything is written beside its final place; `directory.db` moves there last. So a folder either
has a whole directory or none, and an `init` that was interrupted can simply be run again.

The account that pays where nobody could be asked is made, too, where the file does not have it: the
built-in rules name it, and without it they could only refuse.

Opening balances are entries of headquarters' journal: the ledger explains each balance from zero.
Where the ledger is a database of its own it must be empty, since nothing here could put its entries
beside their place first: what an interrupted `init` left in it, somebody has to drop.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from failure_modes.policy import Policy
from primary.errors import AlreadyInitialisedError, LedgerNotEmptyError
from primary.names import HEADQUARTERS
from primary.organisation_file import AccountItem, Organisation
from primary.service.adjust import HEADQUARTERS_EPOCH
from primary.service.heartbeat import MIN_READER
from primary.store.directory import Directory, Heart, insert_heartbeat
from primary.store.ledger import LEDGER_FILE, Ledger
from primary.store.ledger_facts import LedgerFact
from primary.store.organisation_rows import rows_of
from primary.store.postgres import PostgresAddress
from primary.store.projection import projection
from replication.adapters.private_file import make_private_folder, sync_folder, write_private
from replication.entry_bodies import BalanceAdjusted, account_payer, movement, user_payer
from replication.journal import JournalHead, next_entry
from replication.ports import Clock, WallMs

FACTS_AT_ONCE: Final = 20_000
"""Opening balances in one transaction: bounds the memory, and 200,000 users still take ten."""

BUILT_IN: Final = Policy()
DIRECTORY_FILE: Final = "directory.db"
ADMIN_KEY_FILE: Final = "admin.key"
CARD_KEY_FILE: Final = "card.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What `create` made, for people."""

    users: int
    sites: int
    opening_micros: int


def create(
    data_dir: Path, organisation: Organisation, clock: Clock, away: PostgresAddress | None = None
) -> Made:
    """Make the data folder; the ledger in it, or in the database `away`.

    Errors, with nothing changed: `AlreadyInitialisedError`, `LedgerNotEmptyError`, and
    `StorageError` where the database does not answer.
    """
    if (data_dir / DIRECTORY_FILE).exists():
        raise AlreadyInitialisedError
    if away is not None:
        _check_empty(away)
    organisation = _with_offline_account(organisation)
    make_private_folder(data_dir)
    beside = data_dir / ".init"
    shutil.rmtree(beside, ignore_errors=True)
    make_private_folder(beside)
    card_key = secrets.token_bytes(32)
    with _opened(beside, away) as (directory, ledger):
        directory.write_now(lambda connection: _insert(connection, organisation, card_key, clock))
        _open_balances(directory, ledger, organisation, clock)
    write_private(data_dir / CARD_KEY_FILE, f"{card_key.hex()}\n".encode())
    write_private(data_dir / ADMIN_KEY_FILE, f"{secrets.token_hex(32)}\n".encode())
    if away is None:
        (beside / LEDGER_FILE).replace(data_dir / LEDGER_FILE)
    sync_folder(data_dir)
    (beside / DIRECTORY_FILE).replace(data_dir / DIRECTORY_FILE)
    sync_folder(data_dir)
    beside.rmdir()
    opening = sum(amount_micros for _, amount_micros in _opening(organisation))
    return Made(
        users=len(organisation.users), sites=len(organisation.sites), opening_micros=opening
    )


def _with_offline_account(organisation: Organisation) -> Organisation:
    """The same organisation, with the account that the built-in rules name."""
    name = BUILT_IN.offline_account_name
    if name in {account.name for account in organisation.accounts}:
        return organisation
    made = AccountItem(name=name, title="Whatever nobody could be asked for", restricted=False)
    return replace(organisation, accounts=(*organisation.accounts, made))


@contextmanager
def _opened(folder: Path, away: PostgresAddress | None) -> Iterator[tuple[Directory, Ledger]]:
    directory = Directory(folder / DIRECTORY_FILE)
    ledger = Ledger(away or folder / LEDGER_FILE)
    try:
        yield directory, ledger
    finally:
        ledger.close()
        directory.close()


def _check_empty(away: PostgresAddress) -> None:
    ledger = Ledger(away)
    try:
        if ledger.journals():
            raise LedgerNotEmptyError
    finally:
        ledger.close()


def _insert(
    connection: Connection, organisation: Organisation, card_key: bytes, clock: Clock
) -> None:
    for insert, rows in rows_of(organisation, card_key):
        insert(connection, sorted(rows))  # by primary key: each page is filled once
    insert_heartbeat(
        connection,
        Heart(
            lineage=secrets.token_hex(16),
            wall_ms=clock.wall_ms(),
            min_reader=MIN_READER,
            currency=organisation.currency,
        ),
    )


def _open_balances(
    directory: Directory, ledger: Ledger, organisation: Organisation, clock: Clock
) -> None:
    facts = _opening_facts(organisation, clock.wall_ms())
    while batch := list(islice(facts, FACTS_AT_ONCE)):
        ledger.append_now(batch, now_ms=clock.wall_ms())
        moved = [(fact.entry.seq, fact.movement) for fact in batch if fact.movement is not None]
        directory.write_now(projection(batch[-1].entry.head, moved))


def _opening_facts(organisation: Organisation, now_ms: WallMs) -> Iterator[LedgerFact]:
    head = JournalHead(site_name=HEADQUARTERS, epoch=HEADQUARTERS_EPOCH)
    for payer, amount_micros in _opening(organisation):
        body = BalanceAdjusted(payer=payer, amount_micros=amount_micros, comment="opening balance")
        entry = next_entry(head, body, now_ms)
        yield LedgerFact(entry=entry, body=body, movement=movement(body))
        head = entry.head


def _opening(organisation: Organisation) -> Iterator[tuple[str, int]]:
    for user in organisation.users:
        if user.balance_micros:
            yield user_payer(user.name), user.balance_micros
    for account in organisation.accounts:
        if account.balance_micros:
            yield account_payer(account.name), account.balance_micros
