"""A site asks for what is needed at hand and gives back what is not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Micros
from replication.entry_bodies import AllowanceReturned
from replication.messages import (
    ALLOWANCES_SINCE,
    NEEDS_MAX,
    AllowanceAsk,
    AllowanceNeed,
    AllowanceRecall,
    Welcome,
)
from replication.schema import directory as schema
from replication.testing import ManualClock, RecordingLink
from site_server.service.allowance import Need
from site_server.service.keep_allowances import OPEN_MAX, TRIES, AllowanceTimes, KeepAllowances
from site_server.store.directory import Directory
from tests.unit.site_server.a_site import SITE, FillingStore, replica_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from site_server.testing import DirectoryFile

ADA, BOB = "user:ada", "user:bob"
TIMES = AllowanceTimes(idle_ms=10_000, look_ms=1_000)
WELCOME = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0)


@dataclass(frozen=True, slots=True)
class Keeping:
    """A `KeepAllowances` on a real store and a replica that the test writes."""

    keep: KeepAllowances
    store: FillingStore
    replica: DirectoryFile
    link: RecordingLink
    clock: ManualClock

    def has(self, balance_micros: int, payer: str = ADA, **grants: int) -> None:
        self.replica.put(schema.balances, payer=payer, balance_micros=balance_micros)
        for site_name, granted in grants.items():
            row = {"payer": payer, "site_name": site_name, "granted_micros": granted}
            self.replica.put(schema.allowances, **row)

    async def note(self, amount_micros: int = 0, payer: str = ADA) -> None:
        self.keep.note(Need(payer=payer, amount_micros=Micros(amount_micros)))
        await self.keep.once()

    def asked(self) -> list[AllowanceNeed]:
        return [
            need
            for message in self.link.sent
            if isinstance(message, AllowanceAsk)
            for need in message.needs
        ]

    def given_back(self) -> dict[str, int]:
        bodies = [entry.parsed() for entry in self.store.entries(1, 1_000)]
        back: dict[str, int] = {}
        for body in bodies:
            assert isinstance(body, AllowanceReturned)
            back[body.payer] = back.get(body.payer, 0) + body.amount_micros
        return back


@pytest.fixture
async def keeping(tmp_path: Path) -> AsyncIterator[Keeping]:
    clock, link, replica = ManualClock(), RecordingLink(), replica_in(tmp_path)
    store = FillingStore(tmp_path / "site.db", site_name=SITE, epoch=1, clock=clock)
    keep = KeepAllowances(
        store=store, directory=Directory(replica, SITE), link=link, clock=clock, times=TIMES
    )
    await keep.up(WELCOME)
    yield Keeping(keep, store, replica, link, clock)
    store.close()
    replica.close()


async def test_somebody_new_at_hand_is_asked_for(keeping: Keeping) -> None:
    keeping.has(1_000)
    await keeping.note()
    assert keeping.asked() == [AllowanceNeed(payer=ADA, want_micros=0, usual_micros=0)]


async def test_what_the_replica_does_not_know_yet_is_counted_in(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=100)
    await keeping.store.write(
        lambda unit: unit.reservations.open("job:1", ADA, Micros(60), unit.wall_ms())
    )
    await keeping.note(70)
    assert [need.want_micros for need in keeping.asked()] == [130]


async def test_nothing_is_asked_where_it_would_change_nothing(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=250)
    await keeping.note()
    await keeping.note(100)
    assert keeping.asked() == []


async def test_nothing_is_asked_that_does_not_exist(keeping: Keeping) -> None:
    keeping.has(100, oslo=100)
    await keeping.note(500)
    assert keeping.asked() == []


async def test_what_others_hold_is_asked_for_some_times_and_then_no_more(
    keeping: Keeping,
) -> None:
    keeping.has(100, lima=100)
    await keeping.note(50)
    for _ in range(2 * TRIES):
        await keeping.keep.once()
    assert len(keeping.asked()) == TRIES
    await keeping.note(50)
    assert len(keeping.asked()) == TRIES + 1


async def test_a_need_that_was_met_meanwhile_is_not_asked_for_again(keeping: Keeping) -> None:
    keeping.has(100, lima=100)
    await keeping.note(50)
    keeping.has(100, oslo=50, lima=50)
    await keeping.keep.once()
    assert len(keeping.asked()) == 1


async def test_what_was_noted_in_an_outage_is_asked_for_after_it(keeping: Keeping) -> None:
    keeping.has(1_000)
    keeping.keep.down()
    await keeping.note(10)
    await keeping.note(20)
    assert keeping.asked() == []
    await keeping.keep.up(WELCOME)
    await keeping.keep.once()
    assert [need.want_micros for need in keeping.asked()] == [20]


async def test_a_primary_that_knows_no_allowances_is_not_asked(keeping: Keeping) -> None:
    keeping.has(1_000)
    await keeping.keep.up(WELCOME.model_copy(update={"protocol": ALLOWANCES_SINCE - 1}))
    await keeping.note(10)
    assert keeping.link.sent == []


async def test_many_needs_go_in_several_messages_and_are_bounded(keeping: Keeping) -> None:
    for number in range(OPEN_MAX + 20):
        keeping.keep.note(Need(payer=f"user:{number}", amount_micros=Micros(0)))
    for number in range(OPEN_MAX + 20 - NEEDS_MAX - 5, OPEN_MAX + 20):
        keeping.has(1_000, f"user:{number}")
    await keeping.keep.once()
    assert len(keeping.asked()) == NEEDS_MAX + 5
    assert all(isinstance(m, AllowanceAsk) for m in keeping.link.sent)


async def test_a_link_that_breaks_ends_the_asking(keeping: Keeping) -> None:
    keeping.has(1_000)
    keeping.link.is_up = False
    await keeping.note(10)
    assert keeping.link.sent == []


async def test_a_recall_takes_what_is_not_needed_here(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=300, lima=0)
    await keeping.store.write(
        lambda unit: unit.reservations.open("job:1", ADA, Micros(60), unit.wall_ms())
    )
    await keeping.keep.heard(AllowanceRecall(payer=ADA, amount_micros=100))
    await keeping.keep.heard(AllowanceRecall(payer=BOB, amount_micros=100))
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 100}
    await keeping.keep.heard(AllowanceRecall(payer=ADA, amount_micros=10_000))
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 240}
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 240}


async def test_a_recall_leaves_what_somebody_at_hand_lacks(keeping: Keeping) -> None:
    keeping.has(300, oslo=300)
    keeping.keep.note(Need(payer=ADA, amount_micros=Micros(250)))
    await keeping.keep.heard(AllowanceRecall(payer=ADA, amount_micros=100))
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 50}


async def test_a_recall_before_a_cut_is_forgotten(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=300)
    await keeping.keep.heard(AllowanceRecall(payer=ADA, amount_micros=100))
    keeping.keep.down()
    await keeping.keep.up(WELCOME)
    await keeping.keep.once()
    assert keeping.given_back() == {}


async def test_whoever_was_not_at_hand_for_long_gives_all_back(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=300)
    keeping.has(1_000, BOB, oslo=200)
    await keeping.keep.once()
    keeping.clock.advance(6_000)
    await keeping.note(payer=BOB)
    keeping.clock.advance(6_000)
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 300, BOB: 200}


async def test_whoever_was_at_hand_lately_keeps_it_also_over_a_restart(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=300)
    keeping.clock.advance(3_600_000)
    await keeping.note()
    keeping.clock.advance(9_000)
    again = KeepAllowances(
        store=keeping.store,
        directory=Directory(keeping.replica, SITE),
        link=keeping.link,
        clock=keeping.clock,
        times=TIMES,
    )
    await again.up(WELCOME)
    await again.once()
    assert keeping.given_back() == {}
    keeping.clock.advance(1_000)
    await again.once()
    assert keeping.given_back() == {ADA: 300}


async def test_a_clock_that_was_set_back_makes_nobody_stay_for_ever(keeping: Keeping) -> None:
    keeping.has(1_000, oslo=300)
    await keeping.note()
    keeping.clock.jump(-(10**9))
    await keeping.note()
    keeping.clock.advance(10_000)
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 300}


async def test_whoever_left_is_forgotten_in_the_end(keeping: Keeping) -> None:
    await keeping.note()
    keeping.clock.advance(10_000)
    await keeping.keep.once()
    with keeping.store.read() as site:
        assert site.payers_seen.all() == {}


async def test_what_is_granted_too_much_is_given_back_at_once(keeping: Keeping) -> None:
    keeping.has(250, oslo=300, lima=100)
    await keeping.keep.once()
    assert keeping.given_back() == {ADA: 150}


async def test_a_site_without_a_replica_has_nothing_to_give(keeping: Keeping) -> None:
    keeping.replica.ready = False
    await keeping.keep.heard(AllowanceRecall(payer=ADA, amount_micros=100))
    await keeping.note(10)
    assert keeping.link.sent == []


async def test_a_full_disk_is_told_once_and_ended(
    keeping: Keeping, caplog: pytest.LogCaptureFixture
) -> None:
    keeping.has(1_000, oslo=300)
    keeping.store.is_full = True
    running = asyncio.get_running_loop().create_task(keeping.keep.run())
    async with asyncio.timeout(10):
        while "allowances are not kept" not in caplog.text:
            keeping.keep.note(Need(payer=ADA, amount_micros=Micros(0)))
            await asyncio.sleep(0)
        keeping.store.is_full = False
        with caplog.at_level("INFO"):
            while "allowances are kept again" not in caplog.text:
                keeping.keep.note(Need(payer=ADA, amount_micros=Micros(0)))
                await asyncio.sleep(0)
    running.cancel()
    assert caplog.text.count("allowances are not kept") == 1
