"""What a former installation had not handed in goes on in the present epoch, and nothing twice."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from replication.adapters.ltx_fetch import NotThereError
from replication.entry_bodies import CopyFinished
from replication.journal import follows
from replication.known_entry import KnownEntry
from replication.messages import Ack, Welcome
from replication.testing import ManualClock
from site_server.service.carry_over import CarryOver
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from replication.journal import Entry
    from site_server.store.unit_of_work import UnitOfWork

ADA = "user:ada"
WELCOME = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0)


def copied(number: int) -> CopyFinished:
    return CopyFinished(
        copy_uuid=str(UUID(int=number)),
        user_name="ada",
        printer_name="p",
        payer=ADA,
        cost_micros=1,
        mono_pages=1,
        colour_pages=0,
    )


class Headquarters:
    """What it has of the former epoch."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.asked = 0
        self.is_older = False
        self.refused = asyncio.Event()
        self.heard = asyncio.Event()

    async def known_entry(self, epoch: int, seq: int) -> KnownEntry:
        assert epoch == 1
        self.asked += 1
        self.heard.set()
        if self.is_older:
            self.refused.set()
            raise NotThereError
        found = next((entry for entry in self.entries if entry.seq == seq), None)
        return KnownEntry(
            head_seq=len(self.entries), entry_hash="" if found is None else found.entry_hash
        )


async def written(folder: Path, *numbers: int) -> list[Entry]:
    """The journal of epoch 1 with these entries."""
    store = SiteStore(folder / "site.db", site_name="oslo", epoch=1, clock=ManualClock())

    def work(unit: UnitOfWork) -> list[Entry]:
        return [unit.journal.append(copied(number)) for number in numbers]

    entries = await store.write(work)
    store.close()
    return entries


@asynccontextmanager
async def joined_again(folder: Path, headquarters: Headquarters) -> AsyncIterator[SiteStore]:
    clock = ManualClock(wall_ms=1_900_000_000_000)
    store = SiteStore(folder / "site.db", site_name="oslo", epoch=2, clock=clock)
    carry = CarryOver(store, headquarters)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(carry.run())
        await carry.heard(Ack(seq=1))
        await carry.up(WELCOME)
        try:
            yield store
        finally:
            running.cancel()
    carry.down()
    store.close()


async def test_only_what_headquarters_lacks_goes_on(tmp_path: Path) -> None:
    entries = await written(tmp_path, *range(1, 1_301))
    headquarters = Headquarters(entries[:77])
    async with joined_again(tmp_path, headquarters) as store:
        await store.wait_beyond(1_222)
        carried = store.entries(1, 2_000)
        assert [entry.body for entry in carried] == [entry.body for entry in entries[77:]]
        assert {entry.wall_ms for entry in carried} == {entries[0].wall_ms}
        assert all(follows(b, a) for a, b in itertools.pairwise(carried))
        assert headquarters.asked < 20
        with store.read() as site:
            assert site.unmerged_micros(ADA, {("oslo", 1): 77}) == -1_223
    async with joined_again(tmp_path, headquarters) as store:
        assert store.head().seq == 1_223


async def test_what_another_copy_handed_in_under_the_same_numbers_is_not_ours(
    tmp_path: Path,
) -> None:
    (tmp_path / "clone").mkdir()
    await written(tmp_path, 1, 2, 30, 40)
    others = await written(tmp_path / "clone", 1, 2, 5, 6, 7)
    async with joined_again(tmp_path, Headquarters(others)) as store:
        await store.wait_beyond(1)
        assert [UUID(uuid_of(entry)).int for entry in store.entries(1, 9)] == [30, 40]


def uuid_of(entry: Entry) -> str:
    body = entry.parsed()
    assert isinstance(body, CopyFinished)
    return body.copy_uuid


async def test_a_headquarters_that_cannot_say_loses_nothing(tmp_path: Path) -> None:
    await written(tmp_path, 1, 2)
    headquarters = Headquarters([])
    headquarters.is_older = True
    async with joined_again(tmp_path, headquarters) as store:
        await headquarters.refused.wait()
        assert store.kept_range(1) == (0, 2)
        assert store.head().seq == 0


async def test_each_start_is_one_more_and_names_those_before_it(tmp_path: Path) -> None:
    told = []
    for _ in range(67):
        store = SiteStore(tmp_path / "s.db", site_name="oslo", epoch=1, clock=ManualClock())
        told.append(store.start())
        store.close()
    assert [start.number for start in told] == list(range(1, 68))
    assert told[2].former == (told[1].instance, told[0].instance)
    assert len(told[-1].former) == 64


async def test_a_headquarters_that_was_restored_is_handed_what_it_has_forgotten(
    tmp_path: Path,
) -> None:
    entries = await written(tmp_path, 1, 2, 3)
    store = SiteStore(tmp_path / "site.db", site_name="oslo", epoch=2, clock=ManualClock())
    headquarters = Headquarters(entries)
    carry = CarryOver(store, headquarters)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(carry.run())
        await carry.up(WELCOME)
        await headquarters.heard.wait()
        assert store.head().seq == 0
        carry.down()
        headquarters.entries = entries[:1]
        await carry.up(WELCOME.model_copy(update={"lineage": "1" * 32}))
        await store.wait_beyond(1)
        running.cancel()
    assert store.kept_range(1)[1] == 1
    assert store.head().seq == 2
    store.close()
