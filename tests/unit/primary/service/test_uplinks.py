"""Clocks that are wrong, and journals that have lost their past."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround
from primary.service.project import read_facts
from primary.service.uplinks import OFFSET_ALARM_MS, OFFSET_MAX_MS, Standing, Uplinks
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_tables import entries
from primary.testing import SiteJournal, printed
from replication.journal import Entry, next_entry
from replication.messages import UPLINK, Ack, Beat, BeatAck, Hello, Welcome
from replication.ports import WallMs
from replication.testing import ManualClock
from tests.unit.primary.money import balances_of
from tests.unit.primary.service.one_session import batch, session

DAY_MS = 86_400_000
NOW = WallMs(1_800_000_000_000)


def hello(wall_ms: int, *, seq: int = 0, kept_from_seq: int = 1) -> Hello:
    return Hello(
        site_name="oslo",
        epoch=1,
        journal_seq=seq,
        wall_ms=wall_ms,
        uplink=UPLINK,
        kept_from_seq=kept_from_seq,
    )


def times_of(ledger: Ledger) -> list[tuple[int, int, int | None]]:
    """Original time, upload time and offset of each entry of the site, in order of arrival."""
    columns = (entries.c.wall_ms, entries.c.received_wall_ms, entries.c.offset_ms)
    statement = select(*columns).where(entries.c.site_name == "oslo").order_by(entries.c.entry_id)
    with ledger.read() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(statement)]


def journal_at(*walls_ms: int) -> list[Entry]:
    """One print of 0.1 at each of these times of the site's clock."""
    head, made = SiteJournal("oslo").head, []
    for number, wall_ms in enumerate(walls_ms, 1):
        made.append(next_entry(head, printed("ada", 100_000, number=number), WallMs(wall_ms)))
        head = made[-1].head
    return made


def test_a_site_that_never_called_has_no_offset() -> None:
    assert Uplinks().of("oslo") == Standing()
    assert not Standing().clock_is_wrong


@pytest.mark.parametrize("sign", [1, -1])
def test_a_wrong_clock_is_told_of_once_and_once_when_it_is_right_again(
    sign: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    uplinks = Uplinks()
    uplinks.hear_clock("oslo", NOW + sign * OFFSET_ALARM_MS, NOW)
    assert caplog.records == []
    for _ in range(3):
        uplinks.hear_clock("oslo", NOW + sign * DAY_MS, NOW)
    assert uplinks.of("oslo") == Standing(clock_offset_ms=sign * DAY_MS)
    assert uplinks.of("oslo").clock_is_wrong
    for _ in range(3):
        uplinks.hear_clock("oslo", NOW + 7, NOW)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert not uplinks.of("oslo").clock_is_wrong


def test_an_absurd_clock_is_a_number_that_every_store_holds() -> None:
    uplinks = Uplinks()
    uplinks.hear_clock("oslo", 2**63 - 1, NOW)
    assert uplinks.of("oslo").clock_offset_ms == OFFSET_MAX_MS
    uplinks.hear_clock("oslo", -(2**63), NOW)
    assert uplinks.of("oslo").clock_offset_ms == -OFFSET_MAX_MS


async def test_original_time_upload_time_and_offset_are_kept_with_each_entry(
    ground: LinkGround, ledger: Ledger, clock: ManualClock
) -> None:
    hours_ahead_ms = clock.wall_ms() + 3 * 3_600_000
    async with session(ground) as wire:
        wire.put(hello(hours_ahead_ms, seq=1), batch(*journal_at(hours_ahead_ms - 60_000)))
        await wire.wait_said(3)
    assert times_of(ledger) == [(hours_ahead_ms - 60_000, clock.wall_ms(), 3 * 3_600_000)]


async def test_a_clock_that_is_set_right_while_the_link_stands_is_heard_with_the_next_beat(
    ground: LinkGround, ledger: Ledger, clock: ManualClock
) -> None:
    first, second = journal_at(clock.wall_ms() + DAY_MS, clock.wall_ms())
    async with session(ground) as wire:
        wire.put(hello(clock.wall_ms() + DAY_MS, seq=2), batch(first))
        wire.put(Beat(number=1, wall_ms=clock.wall_ms()), batch(second))
        said = await wire.wait_said(5)
    assert said[2:] == [Ack(seq=1), BeatAck(number=1), Ack(seq=2)]
    assert [offset for _, _, offset in times_of(ledger)] == [DAY_MS, 0]


async def test_an_older_site_is_not_told_what_it_does_not_know(ground: LinkGround) -> None:
    for version in (1, UPLINK, UPLINK + 1):
        async with session(ground) as wire:
            wire.put(hello(0).model_copy(update={"uplink": version}))
            (welcome, *_) = await wire.wait_said(2)
        assert isinstance(welcome, Welcome)
        assert welcome.uplink == min(version, UPLINK)
        assert ("uplink" in welcome.model_dump_json()) == (version > 1)


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS, 26 * 3_600_000])
async def test_a_clock_that_jumps_by_a_day_changes_no_order_and_no_balance(
    ingest: Ingest, directory: Directory, ledger: Ledger, clock: ManualClock, jump_ms: int
) -> None:
    walls = [clock.wall_ms() + (jump_ms if number % 3 == 1 else number) for number in range(9)]
    journal = journal_at(*walls)
    ingest.uplinks.hear_clock("oslo", clock.wall_ms() + jump_ms, clock.wall_ms())
    for entry in journal:
        await ingest.receive("oslo", 1, [entry])
    assert balances_of(directory)["user:ada"] == 10_000_000 - 9 * 100_000
    assert directory.watermark("oslo", 1) == journal[-1].head
    assert [wall_ms for wall_ms, _, _ in times_of(ledger)] == walls


@settings(deadline=None, max_examples=25)
@given(walls=st.lists(st.integers(-(2**40), 2**42), min_size=1, max_size=8))
def test_whatever_the_clock_says_the_facts_are_the_same(walls: list[int]) -> None:
    moved = [fact.movement for fact in read_facts(journal_at(*walls))]
    assert moved == [fact.movement for fact in read_facts(journal_at(*sorted(walls)))]
    assert all(one is not None for one in moved)


async def test_a_headquarters_restored_too_far_back_says_so_once_and_takes_nothing(
    ground: LinkGround, directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    lost = journal_at(*range(6))
    for _ in range(2):
        async with session(ground) as wire:
            wire.put(hello(0, seq=6, kept_from_seq=5))
            (welcome, *_) = await wire.wait_said(2)
            assert isinstance(welcome, Welcome)
            assert welcome.watermark_seq == 0
    assert caplog.text.count("keeps it from 5 on") == 1
    assert "keeps it from 5" in ground.ingest.uplinks.of("oslo").journal_missing
    await ground.ingest.receive("oslo", 1, lost[:4])
    async with session(ground) as wire:
        wire.put(hello(0, seq=6, kept_from_seq=5), batch(*lost[4:]))
        await wire.wait_said(3)
    assert ground.ingest.uplinks.of("oslo").journal_missing == ""
    assert directory.watermark("oslo", 1).seq == 6
