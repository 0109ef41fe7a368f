"""What is heard of a site ahead of its turn: a few messages, in order, batches put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from primary.service.arrival import Arrival
from primary.service.read_ahead import READY_MAX, ReadAhead
from primary.testing import SiteJournal, printed
from replication.errors import BadMessageError
from replication.messages import AnyFromSite, Beat, PackedEntries
from replication.packed import pack


class Site:
    """Says what it was given, one by one."""

    def __init__(self, *messages: AnyFromSite) -> None:
        self._messages = list(messages)
        self.said = 0

    async def say(self) -> AnyFromSite | None:
        self.said += 1
        return self._messages.pop(0) if self._messages else None


@asynccontextmanager
async def hearing(site: Site) -> AsyncIterator[ReadAhead]:
    ahead = ReadAhead(site.say, "oslo", 1)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(ahead.run())
        yield ahead
        running.cancel()


async def test_a_few_messages_are_heard_ahead_and_no_more_until_one_is_taken() -> None:
    site = Site(*(Beat(number=number) for number in range(99)))
    async with hearing(site) as ahead:
        for _ in range(99):
            await asyncio.sleep(0)
        assert site.said == READY_MAX
        assert await ahead.next() == Beat(number=0)
        for _ in range(99):
            await asyncio.sleep(0)
        assert site.said == READY_MAX + 1


async def test_batches_that_are_ready_together_are_one_up_to_what_stands_between_them() -> None:
    journal = SiteJournal("oslo")
    entries = [journal.append(printed("ada", 100_000, number=number)) for number in range(6)]
    site = Site(pack(entries[:2]), pack(entries[2:5]), Beat(number=1), pack(entries[5:]))
    async with hearing(site) as ahead:
        for _ in range(9):
            await asyncio.sleep(0)
        both = await ahead.next()
        assert isinstance(both, Arrival)
        assert list(both.entries) == entries[:5]
        assert [fact.entry for fact in both.facts] == entries[:5]
        assert list(both.hashes) == [entry.entry_hash for entry in entries[:5]]
        assert await ahead.next() == Beat(number=1)
        last = await ahead.next()
        assert isinstance(last, Arrival)
        assert list(last.entries) == entries[5:]


async def test_entries_come_read_with_the_hash_that_each_must_carry() -> None:
    journal = SiteJournal("oslo")
    entries = [journal.append(printed("ada", 100_000, number=number)) for number in range(3)]
    async with hearing(Site(pack(entries))) as ahead:
        said = await ahead.next()
        assert isinstance(said, Arrival)
        assert said.entries == entries
        assert said.hashes == [entry.entry_hash for entry in entries]
        assert [fact.entry for fact in said.facts_of(said.entries[1:])] == entries[1:]
        assert await ahead.next() is None


async def test_what_is_no_message_is_told_after_what_was_said_before_it() -> None:
    async with hearing(Site(Beat(number=1), PackedEntries(data=b"?"))) as ahead:
        assert await ahead.next() == Beat(number=1)
        with pytest.raises(BadMessageError):
            await ahead.next()
