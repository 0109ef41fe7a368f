"""A long journal drains: what is in flight is bounded, whatever headquarters does; no timing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from replication.entry_bodies import JobDeleted
from replication.exchange import (
    PACKED_ENTRIES_MAX,
    WINDOW_BYTES_MAX,
    WINDOW_ENTRIES_MAX,
    receive,
)
from replication.messages import UPLINK, Ack, Entries, Gap, PackedEntries, Welcome
from replication.packed import unpack
from replication.testing import ManualClock, MemoryJournal
from site_server.service.exchange_with_primary import ExchangeWithPrimary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.journal import Entry, JournalHead
    from replication.messages import AnyFromSite

ENTRIES = 3 * WINDOW_ENTRIES_MAX
JOB = "01234567-89ab-cdef-0123-456789abcdef"


class WatchedJournal(MemoryJournal):
    """A journal that remembers how much was ever asked for at once."""

    most_read = 0

    def entries(self, first_seq: int, last_seq: int) -> Sequence[Entry]:
        found = super().entries(first_seq, last_seq)
        self.most_read = max(self.most_read, len(found))
        return found


@dataclass
class SlowHeadquarters:
    """A link whose far end takes one batch at a time, when the test lets it; and forgets at a cut.

    What went out and was not answered is in flight: its peaks are kept.
    """

    head: JournalHead
    batches: asyncio.Queue[list[Entry]] = field(default_factory=asyncio.Queue)
    in_flight: list[tuple[int, int]] = field(default_factory=list)
    most_entries: int = 0
    most_bytes: int = 0
    sent_entries: int = 0
    sent_bytes: int = 0
    is_packed: bool = True

    async def send(self, message: AnyFromSite) -> bool:
        assert isinstance(message, PackedEntries | Entries)
        assert isinstance(message, PackedEntries) is self.is_packed
        if isinstance(message, PackedEntries):
            batch, size_bytes = unpack(message), len(message.data)
        else:
            batch = [entry.entry("oslo", 1) for entry in message.entries]
            size_bytes = len(message.model_dump_json())
        self.in_flight.append((len(batch), size_bytes))
        self.sent_entries += len(batch)
        self.sent_bytes += size_bytes
        self.most_entries = max(self.most_entries, sum(count for count, _ in self.in_flight))
        self.most_bytes = max(self.most_bytes, sum(size for _, size in self.in_flight))
        self.batches.put_nowait(batch)
        return True

    async def take(self) -> Ack | Gap:
        """Take the oldest batch and answer it."""
        batch = await self.batches.get()
        self.in_flight.pop(0)
        taken = receive(batch, self.head)
        assert taken.fork is None
        if taken.apply:
            self.head = taken.apply[-1].head
        return Gap(want_seq=taken.gap_seq) if taken.gap_seq else Ack(seq=self.head.seq)

    def cut(self) -> None:
        """Everything that is under way is lost."""
        self.in_flight.clear()
        self.batches = asyncio.Queue()


def journal_of(count: int, user_name: str = "ada") -> WatchedJournal:
    journal = WatchedJournal(site_name="oslo")
    for _ in range(count):
        journal.append(JobDeleted(job_uuid=JOB, by_user_name=user_name))
    return journal


async def welcome(exchange: ExchangeWithPrimary, far: SlowHeadquarters) -> None:
    version = UPLINK if far.is_packed else 1
    await exchange.up(
        Welcome(lineage="ab" * 16, txid=1, watermark_seq=far.head.seq, wall_ms=0, uplink=version)
    )


@pytest.mark.parametrize("is_packed", [True, False], ids=["packed", "to an older headquarters"])
async def test_a_long_journal_drains_with_a_bounded_window_whatever_is_cut(
    is_packed: bool,
) -> None:
    journal = journal_of(ENTRIES)
    far = SlowHeadquarters(MemoryJournal(site_name="oslo").head(), is_packed=is_packed)
    exchange = ExchangeWithPrimary(journal=journal, link=far, clock=ManualClock())
    cuts = 0
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(exchange.run())
        await welcome(exchange, far)
        taken = 0
        while far.head.seq < ENTRIES:
            answer = await far.take()
            taken += 1
            if taken % 3 == 0:
                cuts += 1
                exchange.down()
                far.cut()
                await welcome(exchange, far)
            else:
                await exchange.heard(answer)
        running.cancel()
    assert far.head == journal.head()
    assert journal.most_read <= PACKED_ENTRIES_MAX
    assert far.most_entries <= WINDOW_ENTRIES_MAX
    assert far.most_bytes <= WINDOW_BYTES_MAX + 512 * 1024
    assert cuts > 2
    assert far.sent_entries <= ENTRIES + cuts * WINDOW_ENTRIES_MAX, "a cut costs a window at most"


async def test_a_headquarters_that_takes_nothing_is_sent_one_window_and_no_more() -> None:
    journal = journal_of(ENTRIES)
    far = SlowHeadquarters(MemoryJournal(site_name="oslo").head())
    exchange = ExchangeWithPrimary(journal=journal, link=far, clock=ManualClock())
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(exchange.run())
        await welcome(exchange, far)
        for _ in range(50):
            journal.append(JobDeleted(job_uuid=JOB, by_user_name="ada"))
            await asyncio.sleep(0)
        assert far.sent_entries == WINDOW_ENTRIES_MAX
        await exchange.heard(await far.take())
        for _ in range(50):
            await asyncio.sleep(0)
        assert far.sent_entries == WINDOW_ENTRIES_MAX + PACKED_ENTRIES_MAX
        assert sum(count for count, _ in far.in_flight) <= WINDOW_ENTRIES_MAX
        running.cancel()


async def test_large_entries_fill_the_window_by_their_bytes() -> None:
    """Plain: bodies of emoji, of which a batch of a megabyte holds some hundreds."""
    journal = journal_of(3_000, "\N{GRINNING FACE}" * 255)
    far = SlowHeadquarters(MemoryJournal(site_name="oslo").head(), is_packed=False)
    exchange = ExchangeWithPrimary(journal=journal, link=far, clock=ManualClock())
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(exchange.run())
        await welcome(exchange, far)
        for _ in range(50):
            await asyncio.sleep(0)
        assert 0 < len(far.in_flight) <= 2
        while far.head.seq < 3_000:
            await exchange.heard(await far.take())
            assert len(far.in_flight) <= 2
        running.cancel()
