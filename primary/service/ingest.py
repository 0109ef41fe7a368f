"""Journal entries in: ledger first, directory second, in order, each exactly once.

Theory of operation
-------------------
The ledger and the directory are two files, and no transaction covers both. So the ledger is the
truth about what was received and the directory follows it: entries, movements and print log are
appended in one ledger transaction; then balances, grants and watermark move in one directory
transaction.
Between the two a crash, a full disk or a cancelled request may strike. Nothing is undone then:
whatever the ledger has beyond the directory's watermark is moved before anything else happens to
that journal, at start (`roll_forward`) and at each `receive` and `head`.

The batches of one journal are serialised by a lock. Different journals run at once, and the
writers' group commit lets them share an fsync.

The rejected alternative is balances in the ledger, copied to the directory by a job: a site would
see a balance without the watermark that belongs to it, and its view of the money would be wrong.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from primary.errors import NotFoundError
from primary.names import HEADQUARTERS
from primary.service.arrival import Arrival, arrival
from primary.service.bound_money import dispute_beyond, is_large, keys_of
from primary.service.project import dispute_unknown, payers_of, read_facts, returns_of
from primary.service.shared_beat import SharedBeat
from primary.service.uplinks import Uplinks
from primary.store.directory import APPROVED, Directory
from primary.store.ledger import Ledger
from primary.store.ledger_facts import LedgerFact
from primary.store.ledger_sums import SumKey, sums_found
from replication.adapters.sqlite_file import Work
from replication.errors import NotInEffectError, StorageFullError
from replication.exchange import Received, receive
from replication.journal import Entry, JournalHead
from replication.ports import Clock

logger: Final = logging.getLogger(__name__)


class Ingest:
    """The one way by which entries, and so money, come in."""

    def __init__(self, directory: Directory, ledger: Ledger, clock: Clock) -> None:
        self._directory = directory
        self._ledger = ledger
        self._clock = clock
        self.uplinks = Uplinks()
        """What is known of each site's clock and journal; a session tells it."""
        self._beats = SharedBeat(self._trip)
        self._large = asyncio.Lock()
        self._locks: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def roll_forward(self) -> None:
        """Move what the ledger holds and the directory does not. To be done once at start."""
        for head in await self._ledger.ask(self._ledger.journals):
            await self.head(head.site_name, head.epoch)

    async def beat_ledger(self) -> None:
        """Return once the ledger's writer has answered."""
        await self._ledger.beat()

    async def beat(self) -> None:
        """Return once both writers have answered: the write path works."""
        await self._beats.beat()

    async def _trip(self) -> None:
        await self._ledger.beat()
        await self._directory.beat()

    async def objection(self, entry: Entry) -> str:
        """Why this entry would be disputed for how much it moves; '' where it would not."""
        facts = read_facts([entry])
        return (await self._bounded(facts))[0].disputed if is_large(facts) else ""

    async def head(self, site_name: str, epoch: int) -> JournalHead:
        """How far this journal has come and taken effect."""
        async with self._locks[site_name, epoch]:
            return await self._caught_up(site_name, epoch)

    async def known(self, site_name: str, epoch: int, seq: int) -> tuple[JournalHead, Entry | None]:
        """The last entry of that journal that is here, and the one of that number."""
        head = await self._ledger.ask(lambda: self._ledger.head(site_name, epoch))
        return head, await self._ledger.ask(lambda: self._ledger.entry(site_name, epoch, seq))

    @asynccontextmanager
    async def still(self, site_name: str, epoch: int) -> AsyncIterator[JournalHead]:
        """The head of this journal, which does not move while this lasts."""
        async with self._locks[site_name, epoch]:
            yield await self._caught_up(site_name, epoch)

    async def debits_beyond(self, seq_of: JournalHead) -> dict[str, int]:
        """What this journal took from payers beyond that entry, allowances given back with it."""
        moved = await self._ledger.ask(lambda: self._ledger.movements_beyond(seq_of))
        back = await self._ledger.ask(lambda: self._ledger.returns_beyond(seq_of))
        debits: dict[str, int] = {}
        for _, each in (*moved, *back):
            debits[each.payer] = debits.get(each.payer, 0) + max(-each.amount_micros, 0)
        return debits

    async def receive(
        self,
        site_name: str,
        epoch: int,
        batch: Sequence[Entry],
        *,
        request_id: str = "",
        also: Work[None] | None = None,
    ) -> Received:
        """`take` what was made here, or came otherwise than by the link."""
        batch_read = arrival(batch)
        return await self.take(site_name, epoch, batch_read, request_id=request_id, also=also)

    async def take(
        self,
        site_name: str,
        epoch: int,
        batch: Arrival,
        *,
        request_id: str = "",
        also: Work[None] | None = None,
    ) -> Received:
        """Take the next entries of this journal; on return `.apply` is durable and in effect.

        Repeats change nothing, a gap is asked for, a fork fences the site (`.fork` says why), and
        everything that a fenced or revoked site sends is such a fork. Errors: `NotFoundError` for a
        site that headquarters does not know, those of the two files, and `NotInEffectError` where
        the entries are accepted and the directory's disk is full; the call may be repeated.
        `also` is done in the ledger's transaction.
        """
        async with self._locks[site_name, epoch]:
            refusal = self._refusal(site_name)
            if refusal is not None:
                return Received(fork=refusal)
            head = await self._caught_up(site_name, epoch)
            received = receive(batch.entries, head, batch.hashes)
            if received.apply:
                await self._apply(batch.facts_of(received.apply), request_id, also)
            if received.fork is not None:
                logger.error("site %s is fenced: %s", site_name, received.fork)
                await self._directory.fence(site_name, received.fork)
            return received

    def _refusal(self, site_name: str) -> str | None:
        if site_name == HEADQUARTERS:
            return None
        site = self._directory.site(site_name)
        if site is None:
            raise NotFoundError(f"Headquarters knows no site {site_name!r}.")
        if site.state == APPROVED:
            return None
        return site.state_reason or f"Site {site_name} is {site.state}."

    async def _caught_up(self, site_name: str, epoch: int) -> JournalHead:
        head = await self._ledger.ask(lambda: self._ledger.head(site_name, epoch))
        watermark = self._directory.watermark(site_name, epoch)
        if watermark.seq < head.seq:
            logger.warning(
                "rolling the directory forward: %s epoch %d from entry %d to %d",
                site_name,
                epoch,
                watermark.seq,
                head.seq,
            )
            beyond = await self._ledger.ask(lambda: self._ledger.movements_beyond(watermark))
            back = await self._ledger.ask(lambda: self._ledger.returns_beyond(watermark))
            await self._directory.project(head, beyond, back)
        return head

    async def _apply(
        self, facts: Sequence[LedgerFact], request_id: str, also: Work[None] | None
    ) -> None:
        facts = dispute_unknown(facts, self._directory.known_payers(payers_of(facts)))
        if not is_large(facts):
            return await self._commit(facts, request_id, also)
        async with self._large:
            return await self._commit(await self._bounded(facts), request_id, also)

    async def _bounded(self, facts: Sequence[LedgerFact]) -> list[LedgerFact]:
        keys = keys_of(facts)

        def look() -> dict[SumKey, list[int]]:
            with self._ledger.read() as connection:
                return sums_found(connection, keys)

        sums = await self._ledger.ask(look)
        return dispute_beyond(facts, self._directory.balances_of(payers_of(facts)), sums)

    async def _commit(
        self, facts: Sequence[LedgerFact], request_id: str, also: Work[None] | None
    ) -> None:
        last = facts[-1].entry
        await self._ledger.append(
            facts,
            now_ms=self._clock.wall_ms(),
            offset_ms=self.uplinks.of(last.site_name).clock_offset_ms,
            request_id=request_id,
            also=also,
        )
        _tell_disputes(facts)
        moved = [(fact.entry.seq, fact.movement) for fact in facts if fact.movement is not None]
        try:
            await self._directory.project(last.head, moved, returns_of(facts))
        except StorageFullError as error:  # says that nothing was written, but the ledger was
            raise NotInEffectError from error


def _tell_disputes(facts: Sequence[LedgerFact]) -> None:
    for fact in facts:
        if fact.disputed:
            logger.warning(
                "entry %d of %s, epoch %d is disputed: %s",
                fact.entry.seq,
                fact.entry.site_name,
                fact.entry.epoch,
                fact.disputed,
            )
