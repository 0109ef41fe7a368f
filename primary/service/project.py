"""What one journal entry means for the ledger. Pure: facts in, facts out.

An entry that this version cannot read, that names a payer nobody knows, or that its writer may not
write is *disputed*: it is kept as it came, moves no money, and the channel goes on. Stopping
instead would let one bad entry hold back every honest one behind it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from primary.names import HEADQUARTERS
from primary.store.ledger_facts import LedgerFact
from replication.entry_bodies import (
    BODY_VERSION,
    AllowanceReturned,
    BalanceAdjusted,
    Body,
    CardUsed,
    JobPrintedLate,
    Movement,
    movement,
    returned,
)
from replication.errors import BadEntryError
from replication.journal import Entry
from replication.wire_entry import BODY_CHARS_MAX

DISPUTE_CHARS_MAX: Final = 1023
"""Of the reason: a body of nothing but unknown fields has as many problems as fields."""
FIRST_WALL_MS: Final = -62_135_596_800_000
LAST_WALL_MS: Final = 253_402_300_799_999
"""Years 1 to 9999: no day of a report could hold anything else. A clock that is merely wrong is no
reason to dispute what was printed."""


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


def dated(facts: Sequence[LedgerFact], offset_ms: int | None) -> list[LedgerFact]:
    """The same facts with how far the site's clock is ahead at their receipt; None: unknown."""
    if offset_ms is None:
        return list(facts)
    return [replace(fact, offset_ms=offset_ms) for fact in facts]


def _fact(entry: Entry) -> LedgerFact:
    if entry.version > BODY_VERSION:
        return _disputed(entry, f"Version {entry.version} of an entry is newer than this primary.")
    if entry.version < 1 or len(entry.body) > BODY_CHARS_MAX:
        return _disputed(entry, f"No entry has version {entry.version} or so long a body.")
    try:
        body = entry.parsed()
    except BadEntryError as error:
        return _disputed(entry, str(error))
    if isinstance(body, BalanceAdjusted) and entry.site_name != HEADQUARTERS:
        return _disputed(entry, "Only headquarters changes a balance by hand.")
    if not all(FIRST_WALL_MS <= each <= LAST_WALL_MS for each in _times_of(entry, body)):
        return _disputed(entry, "It is dated outside the years 1 to 9999.")
    return LedgerFact(entry=entry, body=body, movement=movement(body))


def _disputed(entry: Entry, why: str) -> LedgerFact:
    return LedgerFact(entry=entry, disputed=why[:DISPUTE_CHARS_MAX])


def _times_of(entry: Entry, body: Body) -> tuple[int, ...]:
    """Every wall time that comes into the print log by this entry."""
    match body:
        case JobPrintedLate():
            return entry.wall_ms, body.printed_wall_ms
        case CardUsed():
            return entry.wall_ms, body.used_wall_ms
        case _:
            return (entry.wall_ms,)
