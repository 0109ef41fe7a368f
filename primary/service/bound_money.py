"""No balance and no sum leaves 64 bits: an entry that would bring one beyond the bound is disputed.

Theory of operation
-------------------
One fact moves at most a thousand million units, and nine thousand of those are the end of 64 bits.
There SQLite goes on in floating point, silently, and PostgreSQL refuses the transaction, so that
one site's nonsense would stop its channel. So whoever moves very much is looked at first.

Looking costs time, and ordinary entries must not pay for it. A fact below `LARGE` cannot do it: it
takes four thousand million of them on one payer, or on one day of one name, to go from `SUM_MAX` to
the end of 64 bits, and these are terabytes of journal. So only a batch with a large fact is looked
at. Such batches are taken one after another, so that each sees what the one before it left.

Rejected: a CHECK in the tables. It would stop the channel, and not only the entry.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from primary.store.ledger_facts import LedgerFact, sums_of
from primary.store.ledger_sums import SUMMED, SumKey
from replication.entry_bodies import MOVING_NOTHING, CardUsed, CopyFinished, JobPrinted

LARGE: Final = 10**9
"""A thousand units of money in micros, or as many pages."""
SUM_MAX: Final = 4 * 10**18
"""Of a balance, a debt, and a sum by day: four million million units; 64 bits end at 9.2e18."""


def is_large(facts: Sequence[LedgerFact]) -> bool:
    """Whether any of these facts must be looked at."""
    return any(_is_large(fact) for fact in facts if type(fact.body) not in MOVING_NOTHING)


def keys_of(facts: Sequence[LedgerFact]) -> list[SumKey]:
    """The sums by day that these facts would change."""
    return sorted(sums_of(facts))


def dispute_beyond(
    facts: Sequence[LedgerFact], balances: Mapping[str, int], sums: Mapping[SumKey, Sequence[int]]
) -> list[LedgerFact]:
    """The same facts; those that would bring a balance or a sum beyond `SUM_MAX` are disputed.

    `balances` and `sums` are what the facts find; a sum that is not there is 0.
    """
    room = _Room(balances, sums)
    return [fact if room.takes(fact) else _disputed(fact) for fact in facts]


class _Room:
    """What balances and sums have become, fact by fact."""

    def __init__(self, balances: Mapping[str, int], sums: Mapping[SumKey, Sequence[int]]) -> None:
        self._balances = dict(balances)
        self._sums = {key: list(values) for key, values in sums.items()}

    def takes(self, fact: LedgerFact) -> bool:
        """Whether this fact finds room; then it has taken it."""
        balances, sums = self._after(fact)
        values = (*balances.values(), *(value for each in sums.values() for value in each))
        if _is_large(fact) and any(abs(value) > SUM_MAX for value in values):
            return False
        self._balances |= balances
        self._sums |= sums
        return True

    def _after(self, fact: LedgerFact) -> tuple[dict[str, int], dict[SumKey, list[int]]]:
        moved = fact.movement
        balances = (
            {}
            if moved is None
            else {moved.payer: self._balances.get(moved.payer, 0) + moved.amount_micros}
        )
        nothing = [0] * len(SUMMED)
        sums = {
            key: [old + new for old, new in zip(self._sums.get(key, nothing), more, strict=True)]
            for key, more in sums_of([fact]).items()
        }
        return balances, sums


def _is_large(fact: LedgerFact) -> bool:
    moved, body = fact.movement, fact.body
    if moved is not None and abs(moved.amount_micros) >= LARGE:
        return True
    if not isinstance(body, JobPrinted | CopyFinished | CardUsed):
        return False
    copies = body.copies if isinstance(body, JobPrinted) else 1
    return (body.mono_pages + body.colour_pages) * copies >= LARGE


def _disputed(fact: LedgerFact) -> LedgerFact:
    why = "So much does not fit: a balance or a day's sum would come near the end of 64 bits."
    return LedgerFact(entry=fact.entry, disputed=why)
