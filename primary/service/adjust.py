"""Headquarters changes a balance by hand: an entry of headquarters' own journal, like any other.

Adjustments run one after another, so what one of them sees is what the one before it left. A site's
entries may arrive in between; they then count as later, which is all that anybody could have known.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from primary.errors import BelowMinimumError, ConflictError, NotFoundError, ProjectionError
from primary.names import HEADQUARTERS
from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger, remember_requests
from replication.adapters.sqlite_file import Work
from replication.entry_bodies import BalanceAdjusted
from replication.journal import Entry, JournalHead, next_entry
from replication.ports import Clock

HEADQUARTERS_EPOCH: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What is asked for: a debit is negative. `request_id` is the asker's own name of it."""

    payer: str
    amount_micros: int
    request_id: str
    comment: str = ""
    remaining_min_micros: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """What came of it. `repeated`: this request was done before, and nothing changed now."""

    seq: int
    balance_micros: int
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Adjustments that are written together, and what is written in the same transaction."""

    adjustments: Sequence[Adjustment]
    also: Work[None]


class Adjust:
    """The writer of headquarters' journal; there must be one only."""

    def __init__(self, ingest: Ingest, directory: Directory, ledger: Ledger, clock: Clock) -> None:
        self._ingest = ingest
        self._directory = directory
        self._ledger = ledger
        self._clock = clock
        self._epoch = directory.own_epoch()
        self._lock = asyncio.Lock()

    async def apply(self, adjustment: Adjustment) -> Adjusted:
        """Do it, once, however often it is asked for.

        Errors, after which nothing has changed: `NotFoundError` for the payer, `BelowMinimumError`,
        `ConflictError` where the same `request_id` asked for something else before. After
        `NotInEffectError` it is accepted, and the same call says later what came of it.
        """
        async with self._lock:
            head = await self._ingest.head(HEADQUARTERS, self._epoch)
            balance_micros = self._balance_micros(adjustment.payer)
            request_id = adjustment.request_id
            done = await self._ledger.ask(lambda: self._ledger.requested(request_id))
            if done is not None:
                _check_same(done, adjustment)
                return Adjusted(seq=done.seq, balance_micros=balance_micros, repeated=True)
            _check_minimum(balance_micros, adjustment)
            entry = next_entry(head, _body(adjustment), self._clock.wall_ms())
            objection = await self._ingest.objection(entry)
            if objection:
                raise ConflictError(f"{objection} Nothing was changed; ask for less.")
            await self._append(entry, adjustment.request_id)
            balance_micros = self._balance_micros(adjustment.payer)
            return Adjusted(seq=entry.seq, balance_micros=balance_micros, repeated=False)

    async def apply_batch(self, make: Callable[[], Awaitable[Batch | None]]) -> bool:
        """Do a whole batch in one transaction; false where `make` finds nothing to do.

        `make` is called when all adjustments before it have taken effect, and nothing of
        headquarters comes between what it sees and what it asks for. A request that was done before
        is left out.
        """
        async with self._lock:
            head = await self._ingest.head(HEADQUARTERS, self._epoch)
            batch = await make()
            if batch is None:
                return False
            entries = await self._entries(head, batch.adjustments)
            also = _remembering(entries, batch.also)
            if entries:
                await self._receive(list(entries.values()), also=also)
            else:
                await self._ledger.write(also)
            return True

    async def _entries(
        self, head: JournalHead, adjustments: Sequence[Adjustment]
    ) -> dict[str, Entry]:
        """The next entries of the journal, by their requests."""
        asked = [each.request_id for each in adjustments]
        done = await self._ledger.ask(lambda: self._ledger.requested_of(asked))
        entries: dict[str, Entry] = {}
        for each in adjustments:
            if each.request_id not in done:
                entries[each.request_id] = next_entry(head, _body(each), self._clock.wall_ms())
                head = entries[each.request_id].head
        return entries

    async def _append(self, entry: Entry, request_id: str) -> None:
        await self._receive([entry], request_id=request_id)

    async def _receive(
        self, entries: Sequence[Entry], *, request_id: str = "", also: Work[None] | None = None
    ) -> None:
        received = await self._ingest.receive(
            HEADQUARTERS, self._epoch, entries, request_id=request_id, also=also
        )
        if received.apply != tuple(entries):
            raise ProjectionError(f"Headquarters' own journal is damaged: {received.fork}")

    def _balance_micros(self, payer: str) -> int:
        balance_micros = self._directory.balance_micros(payer)
        if balance_micros is None:
            raise NotFoundError(f"The directory knows no {payer.replace(':', ' ', 1)!r}.")
        return balance_micros


def _remembering(entries: Mapping[str, Entry], also: Work[None]) -> Work[None]:
    def work(connection: Connection) -> None:
        if entries:
            remember_requests(connection, entries)
        also(connection)

    return work


def _body(adjustment: Adjustment) -> BalanceAdjusted:
    return BalanceAdjusted(
        payer=adjustment.payer,
        amount_micros=adjustment.amount_micros,
        comment=adjustment.comment,
        request_id=adjustment.request_id,
    )


def _check_same(done: Entry, adjustment: Adjustment) -> None:
    if done.parsed() != _body(adjustment):
        raise ConflictError(
            f"Request {adjustment.request_id!r} was made before and asked for something else. "
            "Nothing was changed; give a new request another name."
        )


def _check_minimum(balance_micros: int, adjustment: Adjustment) -> None:
    least = adjustment.remaining_min_micros
    if least is not None and balance_micros + adjustment.amount_micros < least:
        raise BelowMinimumError(balance_micros=balance_micros, remaining_min_micros=least)
