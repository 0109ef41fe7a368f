"""Whether a ledger and a directory belong together, and which of them is ahead.

A ledger that is ahead is as it should be after a restore: the directory is rolled forward from it.
One that is behind lacks entries that the directory has counted, so nothing could explain the
balances; worse, headquarters would use the numbers of its own lost entries again, and their money
would be taken for counted.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from primary.names import HEADQUARTERS
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.openings import opened_epochs, opening_of
from replication.journal import JournalHead
from replication.schema.directory import balances

PROBLEMS_MAX: Final = 10
_PUT_PAYER: Final = insert(balances).values(balance_micros=0).on_conflict_do_nothing()
_IS_THERE: Final = select(balances.c.payer).where(balances.c.payer == bindparam("who"))


def problems_between(directory: Directory, ledger: Ledger) -> list[str]:
    """What the ledger lacks of what the directory has counted; the first few, for a person."""
    found = []
    for problem in _problems(directory, ledger):
        found.append(problem)
        if len(found) == PROBLEMS_MAX:
            break
    return found


def payers_beyond(directory: Directory, ledger: Ledger) -> frozenset[str]:
    """Whose money the ledger moves beyond the directory's watermarks, and the directory lacks."""
    payers: set[str] = set()
    for head in ledger.journals():
        watermark = directory.watermark(head.site_name, head.epoch)
        if watermark.seq < head.seq:
            payers.update(each.payer for _, each in ledger.movements_beyond(watermark))
    with directory.read() as connection:
        return frozenset(
            payer
            for payer in payers
            if connection.execute(_IS_THERE, {"who": payer}).one_or_none() is None
        )


def put_payers(connection: Connection, payers: frozenset[str]) -> None:
    """Give each of them a balance of nothing, which what they did can move."""
    for payer in sorted(payers):
        connection.execute(_PUT_PAYER, {"payer": payer})


def _problems(directory: Directory, ledger: Ledger) -> Iterator[str]:
    with ledger.read() as connection:
        begun = opened_epochs(connection)
    for epoch, seq in begun:
        if directory.watermark(HEADQUARTERS, epoch).seq < seq:
            yield (
                f"the ledger was begun anew (epoch {epoch}) for a newer directory, or by a rebuild"
                " that was interrupted; then empty it and run the command again"
            )
    for watermark in directory.watermarks():
        head = ledger.head(watermark.site_name, watermark.epoch)
        name = f"{watermark.site_name}, epoch {watermark.epoch}"
        if head.seq < watermark.seq:
            yield f"{name}: the directory counts {watermark.seq} entries, the ledger has {head.seq}"
        elif watermark.seq and _hash_at(ledger, watermark) != watermark.entry_hash:
            yield f"{name}: entry {watermark.seq} is another one in the ledger"


def _hash_at(ledger: Ledger, watermark: JournalHead) -> str:
    entry = ledger.entry(watermark.site_name, watermark.epoch, watermark.seq)
    if entry is not None:
        return entry.entry_hash
    with ledger.read() as connection:
        opening = opening_of(connection, watermark.site_name, watermark.epoch)
    return opening.entry_hash if opening.seq == watermark.seq else ""
