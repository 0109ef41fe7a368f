"""What one journal entry means for the ledger. Pure: facts in, facts out.

An entry that this version cannot read, that names a payer nobody knows, or that its writer may not
write is *disputed*: it is kept as it came, moves no money, and the channel goes on. Stopping
instead would let one bad entry hold back every honest one behind it.
"""

from collections.abc import Collection, Sequence
from typing import Final

from primary.names import HEADQUARTERS
from primary.store.ledger_facts import LedgerFact
from replication.entry_bodies import (
    BODY_VERSION,
    AllowanceReturned,
    BalanceAdjusted,
    Movement,
    movement,
    returned,
)
from replication.errors import BadEntryError
from replication.journal import Entry

HEADQUARTERS_EPOCH: Final = 1


def read_facts(batch: Sequence[Entry]) -> list[LedgerFact]:
    """The facts of these entries, before it is known which payers exist."""
    return [_fact(entry) for entry in batch]


def payers_of(facts: Sequence[LedgerFact]) -> frozenset[str]:
    """Everybody whose money `facts` would move."""
    return frozenset(fact.movement.payer for fact in facts if fact.movement is not None)


def returns_of(facts: Sequence[LedgerFact]) -> list[tuple[int, Movement]]:
    """What these entries give back of allowances, as (seq, movement) in order."""
    return [
        (fact.entry.seq, back)
        for fact in facts
        if isinstance(fact.body, AllowanceReturned) and (back := returned(fact.body)) is not None
    ]


def dispute_unknown(facts: Sequence[LedgerFact], known_payers: Collection[str]) -> list[LedgerFact]:
    """The same facts; those that would move the money of an unknown payer are disputed."""
    return [
        fact
        if fact.movement is None or fact.movement.payer in known_payers
        else _disputed(fact.entry, f"Nobody knows the payer {fact.movement.payer}.")
        for fact in facts
    ]


def _fact(entry: Entry) -> LedgerFact:
    if entry.version > BODY_VERSION:
        return _disputed(entry, f"Version {entry.version} of an entry is newer than this primary.")
    try:
        body = entry.parsed()
    except BadEntryError as error:
        return _disputed(entry, str(error))
    if isinstance(body, BalanceAdjusted) and entry.site_name != HEADQUARTERS:
        return _disputed(entry, "Only headquarters changes a balance by hand.")
    return LedgerFact(entry=entry, body=body, movement=movement(body))


def _disputed(entry: Entry, why: str) -> LedgerFact:
    return LedgerFact(entry=entry, disputed=why)
