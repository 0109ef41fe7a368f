"""Entries as they arrived, with all about them that takes time to find out and needs nothing else.

It is made while the entries before them are written (`read_ahead.py`), so it may not ask what is
known: what place they have in the journal, and whether their payers exist, is `ingest.py`'s to say.
"""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import NamedTuple

from primary.service.project import read_facts
from primary.store.ledger_facts import LedgerFact
from replication.journal import Entry, hash_of


class Arrival(NamedTuple):
    """A batch of one journal: the entries, the hash that each must carry, and what each means."""

    entries: Sequence[Entry]
    hashes: Sequence[str]
    facts: Sequence[LedgerFact]

    def facts_of(self, some: Collection[Entry]) -> Sequence[LedgerFact]:
        """The facts of those of the entries."""
        if len(some) == len(self.entries):
            return self.facts
        wanted = {id(entry) for entry in some}
        return [fact for fact in self.facts if id(fact.entry) in wanted]


def joined(batches: Sequence[Arrival]) -> Arrival:
    """Batches of one journal that follow each other, as one."""
    if len(batches) == 1:
        return batches[0]
    return Arrival(*(list(chain.from_iterable(parts)) for parts in zip(*batches, strict=True)))


def arrival(entries: Sequence[Entry]) -> Arrival:
    """These entries, read."""
    return Arrival(entries, [hash_of(entry) for entry in entries], read_facts(entries))
