"""What one journal entry means for the ledger. Pure: facts in, facts out.

An entry that this version cannot read, that names a payer nobody knows, or that its writer may not
write is *disputed*: it is kept as it came, moves no money, and the channel goes on. Stopping
instead would let one bad entry hold back every honest one behind it.
"""

from collections.abc import Collection, Sequence
from typing import Final

from primary.names import HEADQUARTERS
from primary.store.dialects import NUL, NUL_AS_JSON
from primary.store.ledger_facts import LedgerFact, happened_wall_ms
from replication.entry_bodies import (
    BODY_VERSION,
    AllowanceReturned,
    BalanceAdjusted,
    Body,
    CardUsed,
    CopyFinished,
    JobPrinted,
    Movement,
    movement,
    returned,
)
from replication.entry_bounds import BODY_CHARS_MAX
from replication.errors import BadEntryError
from replication.journal import Entry

DISPUTE_CHARS_MAX: Final = 1023
"""Of the reason: a body of nothing but unknown fields has as many problems as fields."""
_NAMES: Final = ("user_name", "printer_name", "payer", "device_name", "request_id")
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
        if type(fact.body) is AllowanceReturned and (back := returned(fact.body)) is not None
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
    if entry.version < 1 or len(entry.body) > BODY_CHARS_MAX:
        return _disputed(entry, f"No entry has version {entry.version} or so long a body.")
    try:
        body = entry.parsed()
    except BadEntryError as error:
        return _disputed(entry, str(error))
    objection = _objection(entry, body)
    if objection:
        return _disputed(entry, objection)
    return LedgerFact(entry, body, movement(body))


def _objection(entry: Entry, body: Body) -> str:
    """Why this readable entry counts for nothing; '' where it counts."""
    if type(body) is BalanceAdjusted and entry.site_name != HEADQUARTERS:
        return "Only headquarters changes a balance by hand."
    if NUL_AS_JSON in entry.body and _names_with_nul(body):
        return "A name in it holds a NUL, which no ledger can keep."
    if not (
        FIRST_WALL_MS <= entry.wall_ms <= LAST_WALL_MS
        and FIRST_WALL_MS <= happened_wall_ms(entry, body) <= LAST_WALL_MS
    ):
        return "It is dated outside the years 1 to 9999."
    return ""


def _names_with_nul(body: Body) -> bool:
    """Whether a NUL would come into a column; a title or a comment stays in the body, escaped."""
    is_row = isinstance(body, JobPrinted | CopyFinished | CardUsed | BalanceAdjusted)
    return is_row and any(NUL in str(getattr(body, name, "")) for name in _NAMES)


def _disputed(entry: Entry, why: str) -> LedgerFact:
    return LedgerFact(entry=entry, disputed=why[:DISPUTE_CHARS_MAX])
