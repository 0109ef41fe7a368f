"""One site's link as the primary keeps it: greetings, entries, beats, heads, registers."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from failure_modes.vocabulary import LinkState
from primary.service.link_session import LinkGround
from primary.service.links import Links
from primary.service.site_says import Said, SiteSays
from primary.service.watch_starts import WatchStarts
from primary.store.ledger import Ledger
from primary.testing import SiteJournal
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.errors import StorageFullError
from replication.messages import (
    Ack,
    Beat,
    BeatAck,
    Gap,
    Head,
    Hello,
    RegistersHave,
    Welcome,
    parse_from_site,
)
from replication.messages import Registers as RegistersMessage
from replication.ports import Micros, WallMs
from replication.registers import HeldJob
from replication.testing import FullRegisters, ManualClock
from tests.unit.primary.money import balances_of
from tests.unit.primary.service.one_session import batch, hello, said_after_welcome, session

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


async def test_what_a_beat_says_of_the_site_is_heard(
    ground: LinkGround, clock: ManualClock
) -> None:
    says = SiteSays()
    async with session(replace(ground, site_says=says)) as wire:
        wire.put(hello(), Beat(number=1))
        await said_after_welcome(wire, 1)
        assert says.of("oslo") is None, "a site of protocol 1 says nothing"
        full = Beat(number=2, policy_version=7, link_state=LinkState.ONLINE, order_number=3)
        wire.put(full)
        await said_after_welcome(wire, 2)
    assert says.of("oslo") == Said(
        policy_version=7,
        link_state=LinkState.ONLINE,
        order_number=3,
        heard_wall_ms=clock.wall_ms(),
    )


async def test_a_site_of_the_protocol_before_is_served_as_ever(ground: LinkGround) -> None:
    old = '{"type": "hello", "protocol": 1, "site_name": "oslo", "epoch": 1, "journal_seq": 0,'
    async with session(ground) as wire:
        wire.put(parse_from_site(old + ' "wall_ms": 0}'))
        wire.put(parse_from_site('{"type": "beat", "number": 3}'))
        assert await said_after_welcome(wire, 1) == [BeatAck(number=3)]


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
        starts=ground.starts,
    )
    links = Links()
    async with session(full, links) as wire:
        wire.put(hello(), RegistersHave(versions={}))
        wire.put(RegistersMessage(changes=[], versions={}))
    assert links.names() == []


class FullStarts(WatchStarts):
    """A list of starts that no disk has room for."""

    async def objection(self, hello: Hello) -> str:
        raise StorageFullError(f"The disk is full: site {hello.site_name} cannot come in.")


async def test_a_full_disk_at_the_entrance_ends_the_link_and_is_told_in_one_line(
    ground: LinkGround, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    links = Links()
    async with session(replace(ground, starts=FullStarts(ledger)), links) as wire:
        wire.put(hello())
    assert links.names() == []
    assert "the link of site oslo is ended: The disk is full" in caplog.text
