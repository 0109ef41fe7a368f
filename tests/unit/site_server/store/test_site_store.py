"""The site's own database: the journal that the uplink reads, and what it keeps."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import MetaData

from replication.adapters.sqlite_file import SqliteFile
from replication.entry_bodies import Body, CopyFinished, JobExpired
from replication.journal import GENESIS_HASH, follows
from replication.packed import pack_texts, unpack
from replication.testing import ManualClock
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from replication.journal import Entry
    from site_server.store.unit_of_work import UnitOfWork


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SiteStore]:
    store = open_store(tmp_path)
    yield store
    store.close()


def open_store(folder: Path, *, site_name: str = "oslo", epoch: int = 1) -> SiteStore:
    return SiteStore(folder / "site.db", site_name=site_name, epoch=epoch, clock=ManualClock())


def expired() -> Body:
    return JobExpired(job_uuid=str(uuid4()))


def charge(payer: str, cost_micros: int) -> Body:
    return CopyFinished(
        copy_uuid=str(uuid4()),
        user_name="ada",
        printer_name="p",
        payer=payer,
        cost_micros=cost_micros,
        mono_pages=1,
        colour_pages=0,
    )


def appending(body: Body) -> Callable[[UnitOfWork], Entry]:
    return lambda unit: unit.journal.append(body)


async def test_a_new_journal_starts_at_nothing(store: SiteStore) -> None:
    head = store.head()
    assert (head.site_name, head.epoch, head.seq, head.entry_hash) == ("oslo", 1, 0, GENESIS_HASH)
    assert store.entries(1, 100) == []


async def test_entries_are_a_chain_without_holes(store: SiteStore) -> None:
    for _ in range(5):
        await store.write(lambda unit: unit.journal.append(expired()))
    entries = store.entries(1, 100)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert all(follows(entry, before.head) for before, entry in itertools.pairwise(entries))
    assert store.head() == entries[-1].head
    assert [entry.seq for entry in store.entries(2, 3)] == [2, 3]


async def test_the_texts_of_entries_are_what_is_read_from_them(store: SiteStore) -> None:
    for name in ("ada", 'o"k\\', "Zoë \U0001f5a8", "tab\t"):
        await store.write(appending(charge(f"user:{name}", 7)))
    assert unpack(pack_texts(store.texts(2, 99))) == store.entries(2, 99)
    assert len(store.texts(2, 3)) == 2
    assert store.texts(5, 99) == []


async def test_many_writers_at_once_still_make_one_chain(store: SiteStore) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(50):
            tasks.create_task(store.write(lambda unit: unit.journal.append(expired())))
    assert [entry.seq for entry in store.entries(1, 100)] == list(range(1, 51))


async def test_an_entry_of_work_that_fails_leaves_no_hole(store: SiteStore) -> None:
    def work(unit: UnitOfWork) -> None:
        unit.journal.append(expired())
        raise KeyError("a bug")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(store.write(lambda unit: unit.journal.append(expired())))
        failing = tasks.create_task(_expect_key_error(store, work))
        tasks.create_task(store.write(lambda unit: unit.journal.append(expired())))
    assert failing.result()
    assert [entry.seq for entry in store.entries(1, 100)] == [1, 2]


async def test_the_uplink_wakes_when_the_journal_grows(store: SiteStore) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(store.wait_beyond(0))
        await asyncio.sleep(0)
        assert not waiting.done()
        await store.write(lambda unit: unit.journal.append(expired()))
    await store.wait_beyond(0)


async def test_the_uplink_wakes_although_the_writer_went_away(store: SiteStore) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(store.wait_beyond(0))
        writing = tasks.create_task(store.write(lambda unit: unit.journal.append(expired())))
        await asyncio.sleep(0)
        writing.cancel()
    assert waiting.done()
    assert store.head().seq == 1


async def test_a_journal_goes_on_after_a_restart(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    await first.write(lambda unit: unit.journal.append(expired()))
    first.close()
    second = open_store(tmp_path)
    entry = await second.write(lambda unit: unit.journal.append(expired()))
    assert (entry.seq, entry.prev_hash) == (2, second.entries(1, 1)[0].entry_hash)
    second.close()


async def test_a_new_epoch_starts_a_new_chain_and_keeps_the_old_one(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    await first.write(lambda unit: unit.journal.append(charge("user:ada", 7)))
    first.close()
    second = open_store(tmp_path, epoch=2)
    entry = await second.write(lambda unit: unit.journal.append(charge("user:ada", 5)))
    assert (entry.epoch, entry.seq, entry.prev_hash) == (2, 1, GENESIS_HASH)
    assert second.head() == entry.head
    with second.read() as site:
        assert site.unmerged_micros("user:ada", {}) == -12
        assert site.unmerged_micros("user:ada", {("oslo", 1): 1}) == -5
        assert site.unmerged_micros("user:ada", {("oslo", 1): 1, ("oslo", 2): 1}) == 0
        assert site.unmerged_micros("user:grace", {}) == 0
    second.close()


def test_the_file_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    file = SqliteFile(tmp_path / "site.db", MetaData())
    for column in ("printed_sides", "printed_colour_mode"):
        file.write_now(lambda c, column=column: _drop(c, column))  # type: ignore[misc]
    file.close()
    store = open_store(tmp_path)
    with store.read() as site:
        assert site.jobs.get("no such job") is None
    store.close()


def _drop(connection: Connection, column: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE jobs DROP COLUMN {column}")


async def _expect_key_error(store: SiteStore, work: object) -> bool:
    with pytest.raises(KeyError):
        await store.write(work)  # type: ignore[arg-type]
    return True
