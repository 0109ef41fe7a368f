"""Begins a ledger for a directory whose own is lost: opening balances, and where journals go on.

The balances in the directory hold all that took effect before. Each becomes an entry of
headquarters' new epoch, so that the new ledger explains every balance from zero; the directory is
only told that it counts them already. Sites go on behind their watermarks.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from sqlalchemy import Connection, func, insert, select

from primary.names import HEADQUARTERS
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_facts import LedgerFact
from primary.store.openings import OPENED, put_openings
from replication.entry_bodies import BalanceAdjusted, movement
from replication.journal import JournalHead, next_entry
from replication.ports import WallMs
from replication.schema.directory import balances, watermarks

FACTS_AT_ONCE: Final = 20_000
_BALANCES: Final = (
    select(balances.c.payer, balances.c.balance_micros)
    .where(balances.c.balance_micros != 0)
    .order_by(balances.c.payer)
)
_COUNT: Final = select(func.count()).where(balances.c.balance_micros != 0)
_PUT_WATERMARK: Final = insert(watermarks)


def open_ledger(directory: Directory, ledger: Ledger, now_ms: WallMs) -> int:
    """Write the beginning of `ledger`; how many balances it opens with."""
    last = JournalHead(site_name=HEADQUARTERS, epoch=directory.own_epoch())
    with directory.read() as connection:
        opened = connection.execute(_COUNT).scalar_one()
    heads = [*directory.watermarks(), replace(last, site_name=OPENED, seq=opened)]
    ledger.write_now(lambda connection: put_openings(connection, heads))
    facts = _facts(directory, last, now_ms)
    while batch := list(islice(facts, FACTS_AT_ONCE)):
        ledger.append_now(batch, now_ms=now_ms)
        last = batch[-1].entry.head
    counted = {
        "site_name": last.site_name,
        "epoch": last.epoch,
        "seq": last.seq,
        "entry_hash": last.entry_hash,
    }

    def count(connection: Connection) -> None:
        connection.execute(_PUT_WATERMARK, counted)

    directory.write_now(count)
    return last.seq


def _facts(directory: Directory, head: JournalHead, now_ms: WallMs) -> Iterator[LedgerFact]:
    with directory.read() as connection:
        found = connection.execute(_BALANCES).all()
    for payer, amount_micros in found:
        body = BalanceAdjusted(
            payer=payer, amount_micros=amount_micros, comment="opening balance after a rebuild"
        )
        entry = next_entry(head, body, now_ms)
        yield LedgerFact(entry=entry, body=body, movement=movement(body))
        head = entry.head
