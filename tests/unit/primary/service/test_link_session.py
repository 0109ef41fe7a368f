"""One site's link as the primary keeps it: greetings, entries, beats, heads, and refusals."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround, Links, LinkSession
from primary.service.publish import Publisher
from primary.store.directory import Directory
from primary.testing import PairedWire, ScriptedSync, SiteJournal
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.ltx_store import LtxStore
from replication.journal import Entry
from replication.messages import (
    Ack,
    AnyFromPrimary,
    Beat,
    BeatAck,
    Entries,
    Fence,
    Gap,
    Head,
    Hello,
    RegistersHave,
    Welcome,
    WireEntry,
)
from replication.messages import Registers as RegistersMessage
from replication.ports import Micros, WallMs
from replication.registers import HeldJob
from replication.testing import FullRegisters, ManualClock
from tests.unit.primary.money import balances_of

JOB = HeldJob(
    job_uuid="job 1",
    site_name="oslo",
    user_name="ada",
    queue_name="secure",
    job_name="report",
    pages=1,
    cost_micros=Micros(1),
    state="held",
    updated_wall_ms=WallMs(1),
)


@pytest.fixture
def registers(tmp_path: Path) -> Iterator[Registers]:
    opened = Registers(tmp_path / "registers.db", crsqlite_path(os.environ))
    yield opened
    opened.close()


@pytest.fixture
def ground(
    tmp_path: Path,
    directory: Directory,
    ingest: Ingest,
    clock: ManualClock,
    registers: Registers,
) -> LinkGround:
    publisher = Publisher(
        lineage=directory.lineage(),
        store=LtxStore(tmp_path / "store"),
        litestream=ScriptedSync(txid=1),
    )
    return LinkGround(
        directory=directory,
        ingest=ingest,
        publisher=publisher,
        registers=registers,
        clock=clock,
    )


def hello(journal_seq: int = 0) -> Hello:
    return Hello(site_name="oslo", epoch=1, journal_seq=journal_seq, wall_ms=0)


def batch(*entries: Entry) -> Entries:
    return Entries(entries=[WireEntry.of(entry) for entry in entries])


@asynccontextmanager
async def session(ground: LinkGround, links: Links | None = None) -> AsyncIterator[PairedWire]:
    """A session that runs while the test does."""
    wire = PairedWire()
    links = links or Links()
    serving = LinkSession(ground, wire, site_name="oslo", epoch=1)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(serving.run(links))
        yield wire
        wire.hang_up()
        await running
    assert not links.names() or links.names() == ["oslo"]


async def said_after_welcome(wire: PairedWire, count: int) -> list[AnyFromPrimary]:
    """What was said beyond the welcome and the registers' introduction."""
    return (await wire.wait_said(2 + count))[2:]


async def test_a_site_is_welcomed_with_how_far_its_journal_has_come(
    ground: LinkGround, clock: ManualClock
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 100)
    await ground.ingest.receive("oslo", 1, journal.entries)
    async with session(ground) as wire:
        wire.put(hello(journal_seq=1))
        welcome, have = await wire.wait_said(2)
        assert welcome == Welcome(
            lineage=ground.directory.lineage(), txid=0, watermark_seq=1, wall_ms=clock.wall_ms()
        )
        assert have == RegistersHave(versions={})


async def test_entries_are_acknowledged_once_the_money_has_moved(ground: LinkGround) -> None:
    journal = SiteJournal("oslo")
    before = balances_of(ground.directory)["user:ada"]
    async with session(ground) as wire:
        wire.put(hello(journal_seq=2))
        wire.put(batch(journal.printed("ada", 100), journal.printed("ada", 50)))
        assert await said_after_welcome(wire, 1) == [Ack(seq=2)]
        assert balances_of(ground.directory)["user:ada"] == before - 150
        wire.put(batch(*journal.entries))
        assert await said_after_welcome(wire, 2) == [Ack(seq=2), Ack(seq=2)]
        assert balances_of(ground.directory)["user:ada"] == before - 150


async def test_a_gap_is_asked_for_after_what_could_be_taken(ground: LinkGround) -> None:
    journal = SiteJournal("oslo")
    one, _, three = (journal.printed("ada", 10) for _ in range(3))
    async with session(ground) as wire:
        wire.put(hello(journal_seq=3), batch(one, three))
        assert await said_after_welcome(wire, 2) == [Ack(seq=1), Gap(want_seq=2)]


async def test_a_beat_is_answered_after_what_was_sent_before_it(ground: LinkGround) -> None:
    journal = SiteJournal("oslo")
    async with session(ground) as wire:
        wire.put(hello(journal_seq=1), batch(journal.printed("ada", 10)), Beat(number=7))
        assert await said_after_welcome(wire, 2) == [Ack(seq=1), BeatAck(number=7)]


async def test_a_new_head_is_told(ground: LinkGround) -> None:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group, session(ground) as wire:
        wire.put(hello())
        await wire.wait_said(2)
        publishing = group.create_task(ground.publisher.run())
        assert await said_after_welcome(wire, 1) == [
            Head(lineage=ground.directory.lineage(), txid=1)
        ]
        publishing.cancel()


async def test_registers_are_exchanged_both_ways(
    ground: LinkGround, registers: Registers, tmp_path: Path
) -> None:
    await registers.put_held_job(JOB)
    other = Registers(tmp_path / "other.db", crsqlite_path(os.environ))
    await other.put_held_job(replace(JOB, job_uuid="job 2"))
    theirs = await other.newer_than({})
    other.close()
    assert theirs is not None
    async with session(ground) as wire:
        wire.put(hello(), RegistersHave(versions={}))
        (mine,) = await said_after_welcome(wire, 1)
        assert isinstance(mine, RegistersMessage)
        assert {change.val for change in mine.changes} >= {"oslo", "ada"}
        wire.put(RegistersMessage(changes=list(theirs.changes), versions=dict(theirs.versions)))
        while len(await registers.held_jobs()) < 2:
            await registers.wait_beyond(registers.versions)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"site_name": "lima"}, "certificate of site oslo"),
        ({"epoch": 2}, "not of site oslo, epoch 2"),
        ({"protocol": 99}, "protocol 99"),
    ],
)
async def test_who_says_to_be_another_or_speaks_another_protocol_is_refused(
    ground: LinkGround, wrong: dict[str, object], reason: str
) -> None:
    async with session(ground) as wire:
        wire.put(hello().model_copy(update=wrong))
        (fence,) = await wire.wait_said(1)
        assert isinstance(fence, Fence)
        assert reason in fence.reason


async def test_a_fenced_site_is_told_why(ground: LinkGround) -> None:
    await ground.directory.fence("oslo", "cloned disk")
    async with session(ground) as wire:
        wire.put(hello())
        assert await wire.wait_said(1) == [Fence(reason="cloned disk")]


async def test_an_installation_that_was_replaced_is_told_so(ground: LinkGround) -> None:
    await ground.directory.new_epoch("oslo")
    await ground.directory.new_epoch("oslo")
    async with session(ground) as wire:
        wire.put(hello())
        (fence,) = await wire.wait_said(1)
        assert isinstance(fence, Fence)
        assert "installed anew" in fence.reason


async def test_a_journal_that_is_shorter_than_what_is_here_fences_the_site(
    ground: LinkGround,
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 1)
    journal.printed("ada", 1)
    await ground.ingest.receive("oslo", 1, journal.entries)
    async with session(ground) as wire:
        wire.put(hello(journal_seq=1))
        (fence,) = await wire.wait_said(1)
    site = ground.directory.site("oslo")
    assert isinstance(fence, Fence)
    assert "rolled back" in fence.reason
    assert site is not None
    assert (site.state, site.state_reason) == ("fenced", fence.reason)


async def test_a_fork_ends_the_session_and_moves_no_money(ground: LinkGround) -> None:
    journal, clone = SiteJournal("oslo"), SiteJournal("oslo")
    journal.printed("ada", 10)
    await ground.ingest.receive("oslo", 1, journal.entries)
    before = balances_of(ground.directory)
    async with session(ground) as wire:
        wire.put(hello(journal_seq=2))
        wire.put(batch(clone.printed("ada", 99), clone.printed("ada", 99)))
        (fence,) = await said_after_welcome(wire, 1)
        assert isinstance(fence, Fence)
    assert balances_of(ground.directory) == before


async def test_a_site_fenced_by_a_person_hears_it_at_its_next_beat(ground: LinkGround) -> None:
    async with session(ground) as wire:
        wire.put(hello(), Beat(number=1))
        assert await said_after_welcome(wire, 1) == [BeatAck(number=1)]
        await ground.directory.fence("oslo", "a person")
        wire.put(Beat(number=2))
        assert (await said_after_welcome(wire, 2))[-1] == Fence(reason="a person")


async def test_who_does_not_begin_with_hello_is_not_answered(ground: LinkGround) -> None:
    async with session(ground) as wire:
        wire.put(Beat(number=1))
    assert wire.said == []


async def test_a_second_hello_ends_the_session(ground: LinkGround) -> None:
    links = Links()
    async with session(ground, links) as wire:
        wire.put(hello(), hello())
    assert links.names() == []


async def test_the_newest_connection_of_a_site_wins(ground: LinkGround) -> None:
    links = Links()
    async with session(ground, links) as older:
        older.put(hello())
        await older.wait_said(2)
        async with session(ground, links) as newer:
            newer.put(hello())
            await newer.wait_said(2)
            assert older.is_aborted
            assert not newer.is_aborted
            assert links.names() == ["oslo"]
    assert links.names() == []


async def test_when_the_primary_stops_every_link_ends(ground: LinkGround) -> None:
    links = Links()
    async with session(ground, links) as wire:
        wire.put(hello())
        await wire.wait_said(2)
        links.abort_all()
        assert wire.is_aborted


async def test_a_full_disk_ends_the_session_and_not_the_primary(ground: LinkGround) -> None:
    full = LinkGround(
        directory=ground.directory,
        ingest=ground.ingest,
        publisher=ground.publisher,
        registers=FullRegisters(),
        clock=ground.clock,
    )
    links = Links()
    async with session(full, links) as wire:
        wire.put(hello(), RegistersHave(versions={}))
        wire.put(RegistersMessage(changes=[], versions={}))
    assert links.names() == []
