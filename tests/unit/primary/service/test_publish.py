"""From commit to every link, as one newest head."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos.live.waiting import until
from primary.service.publish import (
    HEAD_FILES_MAX,
    PAUSE_BY_TIME,
    SYNC_PAUSE_MS,
    SYNC_PAUSE_MS_MAX,
    SYNCS_SAVED_MAX,
    Publisher,
    Subscription,
    paced_s,
)
from primary.testing import ScriptedSync
from replication.adapters.ltx_store import LtxStore
from replication.manifest import LtxName
from replication.messages import Head

LINEAGE = "0123456789abcdef" * 2


class Store:
    """A store in which files appear by TXID."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sync = ScriptedSync(txid=0)
        self.publisher = Publisher(lineage=LINEAGE, store=LtxStore(folder), litestream=self.sync)

    def commit(self, txid: int) -> None:
        """A commit, which litestream writes as the files up to `txid`."""
        for each in range((self.sync.txid or 0) + 1, txid + 1):
            path = self.folder / str(LtxName(level=0, min_txid=each, max_txid=each))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"transaction {each}".encode())
        self.sync.txid = txid
        self.publisher.changed()


@asynccontextmanager
async def publishing(store: Store) -> AsyncIterator[None]:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(store.publisher.run())
        try:
            yield
        finally:
            running.cancel()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


async def next_head(heads: Subscription) -> Head:
    head = await heads.next()
    assert isinstance(head, Head)
    return head


def txids(head: Head) -> list[int]:
    return [LtxName.parse(file.name).max_txid for file in head.files]


async def test_a_commit_is_told_with_the_files_that_lead_to_it(store: Store) -> None:
    store.commit(5)
    with store.publisher.subscribe() as heads:
        async with publishing(store):
            assert (await next_head(heads)).txid == 5
            store.commit(7)
            head = await next_head(heads)
    assert (head.lineage, head.txid, txids(head)) == (LINEAGE, 7, [6, 7])
    assert store.publisher.head() == Head(lineage=LINEAGE, txid=7)


async def test_the_first_head_names_no_files_because_it_leads_from_nowhere(store: Store) -> None:
    store.commit(5)
    with store.publisher.subscribe() as heads:
        async with publishing(store):
            assert (await next_head(heads)).files == []


async def test_commits_during_a_sync_share_the_next_one(store: Store) -> None:
    store.commit(1)
    with store.publisher.subscribe() as heads:
        async with publishing(store):
            await heads.next()
            before = store.sync.calls
            for txid in range(2, 30):
                store.commit(txid)
            assert (await next_head(heads)).txid == 29
            assert store.sync.calls == before + 1


def test_a_few_syncs_follow_each_other_at_once_and_then_they_are_paced() -> None:
    saved_s, due_s, began_s = SYNCS_SAVED_MAX * SYNC_PAUSE_MS / 1000, 0.0, [100.0]
    for _ in range(50):
        due_s = paced_s(due_s, began_s[-1], 0.001)
        began_s.append(max(began_s[-1], due_s - saved_s))
    assert began_s[SYNCS_SAVED_MAX - 1] == began_s[0]
    took_ms = (began_s[-1] - began_s[0]) * 1000
    assert round(took_ms) == (50 - SYNCS_SAVED_MAX) * SYNC_PAUSE_MS


def test_a_sync_that_takes_long_is_followed_by_a_longer_pause_up_to_a_bound() -> None:
    assert paced_s(0.0, 100.0, 0.01) == pytest.approx(100.0 + 0.01 * PAUSE_BY_TIME)
    assert paced_s(0.0, 100.0, 9.0) == pytest.approx(100.0 + SYNC_PAUSE_MS_MAX / 1000)


async def test_a_link_that_is_slow_hears_all_it_missed_as_one_head(store: Store) -> None:
    store.commit(1)
    with store.publisher.subscribe() as slow, store.publisher.subscribe() as quick:
        async with publishing(store):
            for txid in range(1, 6):
                store.commit(txid)
                await quick.next()
                if txid == 1:
                    await slow.next()
            head = await next_head(slow)
    assert (head.txid, txids(head)) == (5, [2, 3, 4, 5])


async def test_too_many_files_are_not_named_but_left_to_the_manifest(store: Store) -> None:
    store.commit(1)
    with store.publisher.subscribe() as heads:
        async with publishing(store):
            await heads.next()
            store.commit(2 + HEAD_FILES_MAX)
            head = await next_head(heads)
    assert (head.txid, head.files) == (2 + HEAD_FILES_MAX, [])


async def test_while_litestream_does_not_answer_the_publisher_is_late_and_then_not(
    store: Store,
) -> None:
    async def is_late() -> bool:
        return store.publisher.is_late

    store.commit(1)
    store.sync.txid = None
    with store.publisher.subscribe() as heads:
        async with publishing(store):
            await until(is_late, "a publisher that is late", within_ms=5_000, every_ms=5)
            store.commit(3)
            assert (await next_head(heads)).txid == 3
            assert not store.publisher.is_late


async def test_who_unsubscribed_is_told_nothing_more(store: Store) -> None:
    with store.publisher.subscribe() as gone:
        pass
    store.commit(1)
    with store.publisher.subscribe() as heads:
        async with publishing(store):
            await heads.next()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await gone.next()


async def test_the_manifest_has_what_follows_or_everything(store: Store) -> None:
    store.commit(4)
    async with publishing(store):
        with store.publisher.subscribe() as heads:
            await heads.next()
        part = await store.publisher.manifest(2)
        whole = await store.publisher.manifest(0)
    assert [entry.name.max_txid for entry in part.entries] == [3, 4]
    assert [entry.name.max_txid for entry in whole.entries] == [1, 2, 3, 4]
    assert part.lineage == LINEAGE


async def test_a_head_without_files_makes_the_joined_one_say_ask_me() -> None:
    heads = Subscription()
    named = Head(lineage=LINEAGE, txid=3)
    heads.offer(named.model_copy(update={"txid": 2}))
    heads.offer(named)
    assert await heads.next() == named
