"""The journal on its way up, over a link that comes and goes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from replication.entry_bodies import BalanceAdjusted, JobDeleted
from replication.entry_bounds import BATCH_CHARS_MAX
from replication.exchange import PACKED_ENTRIES_MAX, WINDOW_ENTRIES_MAX, receive
from replication.messages import UPLINK, Ack, Beat, Entries, Gap, Hello, PackedEntries, Welcome
from replication.packed import unpack
from replication.testing import ManualClock, MemoryJournal, RecordingLink
from site_server.service.exchange_with_primary import ExchangeWithPrimary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from replication.journal import Entry, JournalHead

LINEAGE = "0123456789abcdef" * 2


class Site:
    """A journal, a link that records, and the exchange between them."""

    def __init__(self, entries: int = 0) -> None:
        self.journal = MemoryJournal(site_name="oslo")
        self.write(entries)
        self.link = RecordingLink()
        self.clock = ManualClock()
        self.exchange = ExchangeWithPrimary(journal=self.journal, link=self.link, clock=self.clock)

    def write(self, count: int) -> None:
        for _ in range(count):
            self.journal.append(BalanceAdjusted(payer="user:ada", amount_micros=1))

    async def welcome(self, watermark_seq: int, uplink: int = 1) -> None:
        await self.exchange.up(
            Welcome(lineage=LINEAGE, txid=1, watermark_seq=watermark_seq, wall_ms=0, uplink=uplink)
        )

    def sent(self) -> list[Entry]:
        """Every entry that went out, in order of sending."""
        return [entry for batch in self.batches() for entry in batch]

    def batches(self) -> list[list[Entry]]:
        """The same, message by message."""
        return [
            unpack(message)
            if isinstance(message, PackedEntries)
            else [entry.entry("oslo", 1) for entry in message.entries]
            for message in self.link.sent
            if isinstance(message, Entries | PackedEntries)
        ]

    async def wait_for_seqs(self, *seqs: int) -> None:
        """Return once exactly these went out; a wrong one fails the test."""
        while len(self.sent()) < len(seqs):
            await self.link.wait_for_sent(len(self.link.sent) + 1)
        assert [entry.seq for entry in self.sent()] == list(seqs)


@asynccontextmanager
async def exchanging(site: Site) -> AsyncIterator[None]:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(site.exchange.run())
        try:
            yield
        finally:
            running.cancel()


async def test_a_site_says_who_it_is_and_how_far_its_journal_goes() -> None:
    site = Site(entries=3)
    assert site.exchange.hello() == Hello(
        site_name="oslo",
        epoch=1,
        journal_seq=3,
        wall_ms=site.clock.wall_ms(),
        takes_deltas=True,
        uplink=UPLINK,
    )


async def test_what_headquarters_lacks_is_sent_in_order() -> None:
    site = Site(entries=5)
    async with exchanging(site):
        await site.welcome(watermark_seq=2)
        await site.wait_for_seqs(3, 4, 5)
        assert site.exchange.done == 2
        await site.exchange.heard(Ack(seq=5))
        assert (site.exchange.done, site.exchange.wanted) == (5, 5)


async def test_a_new_entry_goes_out_by_itself() -> None:
    site = Site()
    async with exchanging(site):
        await site.welcome(watermark_seq=0)
        for number in range(1, 4):
            site.write(1)
            await site.wait_for_seqs(*range(1, number + 1))


class BusyJournal(MemoryJournal):
    """A journal whose writer commits right after somebody looked at its end, once."""

    is_busy = False

    def head(self) -> JournalHead:
        seen = super().head()
        if self.is_busy:
            self.is_busy = False
            self.append(BalanceAdjusted(payer="user:ada", amount_micros=1))
        return seen


async def test_an_entry_written_between_two_looks_at_the_journal_goes_out() -> None:
    site = Site()
    site.journal = journal = BusyJournal(site_name="oslo")
    site.exchange = ExchangeWithPrimary(journal=journal, link=site.link, clock=site.clock)
    async with exchanging(site):
        await site.welcome(watermark_seq=0)
        for _ in range(5):  # until the exchange sleeps
            await asyncio.sleep(0)
        journal.is_busy = True
        await site.exchange.heard(Ack(seq=0))
        await site.wait_for_seqs(1)


async def test_without_a_link_nothing_is_sent_and_then_everything() -> None:
    site = Site(entries=1)
    async with exchanging(site):
        await site.welcome(watermark_seq=0)
        await site.wait_for_seqs(1)
        site.exchange.down()
        site.write(2)
        await asyncio.sleep(0)
        await site.wait_for_seqs(1)
        await site.welcome(watermark_seq=0)
        await site.wait_for_seqs(1, 1, 2, 3)


async def test_a_gap_is_filled_again_from_where_headquarters_asks() -> None:
    site = Site(entries=4)
    async with exchanging(site):
        await site.welcome(watermark_seq=4)
        await site.exchange.heard(Gap(want_seq=2))
        await site.wait_for_seqs(2, 3, 4)


async def test_no_more_is_under_way_than_the_window_allows() -> None:
    site = Site(entries=WINDOW_ENTRIES_MAX + 600)
    async with exchanging(site):
        await site.welcome(watermark_seq=0, uplink=UPLINK)
        await site.wait_for_seqs(*range(1, WINDOW_ENTRIES_MAX + 1))
        assert max(map(len, site.batches())) == PACKED_ENTRIES_MAX
        await site.exchange.heard(Ack(seq=600))
        await site.wait_for_seqs(*range(1, WINDOW_ENTRIES_MAX + 601))


async def test_long_entries_travel_in_messages_that_the_other_end_accepts() -> None:
    site = Site()
    longest = JobDeleted(
        job_uuid="01234567-89ab-cdef-0123-456789abcdef",
        by_user_name="\N{GRINNING FACE}" * 255,
    )
    for _ in range(400):
        site.journal.append(longest)
    async with exchanging(site):
        await site.welcome(watermark_seq=0)
        await site.wait_for_seqs(*range(1, 401))
    batches = [m for m in site.link.sent if isinstance(m, Entries)]
    assert len(batches) > 1
    assert all(sum(len(e.body) for e in m.entries) <= BATCH_CHARS_MAX for m in batches)


async def test_other_messages_and_late_news_after_the_end_of_a_link_change_nothing() -> None:
    site = Site(entries=1)
    async with exchanging(site):
        await site.exchange.heard(Ack(seq=1))
        assert site.exchange.done == 0
        await site.welcome(watermark_seq=0)
        await site.wait_for_seqs(1)
        await site.exchange.heard(Welcome(lineage=LINEAGE, txid=1, watermark_seq=9, wall_ms=0))
        assert site.exchange.done == 0


@pytest.mark.parametrize("losses", range(6))
async def test_whatever_was_lost_everything_counts_once_and_in_order(losses: int) -> None:
    """The real sender against the real receiver; each connection but the last dies half way."""
    site = Site(entries=20)
    head = MemoryJournal(site_name="oslo").head()
    applied: list[Entry] = []
    async with exchanging(site):
        for left in reversed(range(losses + 1)):
            site.link.sent.clear()
            await site.welcome(watermark_seq=head.seq)
            await site.link.wait_for_sent(1)
            site.exchange.down()
            arrived = site.sent()[: len(site.sent()) // 2 if left else None]
            received = receive(arrived, head)
            assert received.fork is None
            applied.extend(received.apply)
            head = applied[-1].head
            site.write(3 if left > 1 else 0)
    assert applied == list(site.journal.entries(1, site.journal.head().seq))


async def test_a_beat_is_none_of_its_business() -> None:
    site = Site()
    await site.link.send(Beat(number=1))
    assert site.sent() == []


async def test_a_headquarters_restored_too_far_back_is_told_of_and_nothing_goes_round_in_circles(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(entries=6)
    site.journal.prune(4)
    assert site.exchange.hello().kept_from_seq == 5
    async with exchanging(site):
        for _ in range(2):
            await site.welcome(watermark_seq=2)
            for _ in range(5):
                await asyncio.sleep(0)
            assert site.sent() == []
            assert "asks for entry 3" in site.exchange.trouble
            site.exchange.down()
        assert caplog.text.count("Restore it from a newer backup") == 1
        await site.welcome(watermark_seq=4)
        await site.wait_for_seqs(5, 6)
    assert site.exchange.trouble == ""


async def test_a_gap_below_the_first_kept_entry_stops_the_channel(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(entries=6)
    site.journal.prune(4)
    async with exchanging(site):
        await site.welcome(watermark_seq=4)
        await site.wait_for_seqs(5, 6)
        await site.exchange.heard(Gap(want_seq=2))
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(site.sent()) == 2
    assert "asks for entry 2" in site.exchange.trouble


async def test_a_restored_headquarters_within_the_window_is_fed_again() -> None:
    site = Site(entries=6)
    site.journal.prune(2)
    async with exchanging(site):
        await site.welcome(watermark_seq=2)
        await site.wait_for_seqs(3, 4, 5, 6)
    assert site.exchange.trouble == ""
