import asyncio
from typing import TypeVar

import pytest

from primary.errors import BelowMinimumError, ConflictError, NotFoundError
from primary.service.adjust import Adjust, Adjustment, Batch
from primary.service.ingest import Ingest
from primary.service.project import read_facts
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import WALL_MS
from replication.adapters.sqlite_file import Work
from replication.entry_bodies import BalanceAdjusted
from replication.errors import NotInEffectError, StorageFullError
from replication.journal import next_entry
from replication.testing import ManualClock
from tests.unit.primary.money import balances_of, entry_count, ledger_balances_of

T = TypeVar("T")


@pytest.fixture
def adjust(ingest: Ingest, directory: Directory, ledger: Ledger, clock: ManualClock) -> Adjust:
    return Adjust(ingest, directory, ledger, clock)


def asked(amount_micros: int, request_id: str = "r1", **more: object) -> Adjustment:
    return Adjustment(
        payer="user:ada",
        amount_micros=amount_micros,
        request_id=request_id,
        **more,  # type: ignore[arg-type]
    )


async def test_an_adjustment_is_an_entry_of_headquarters_journal(
    adjust: Adjust, directory: Directory, ledger: Ledger
) -> None:
    before = entry_count(ledger, "primary")

    adjusted = await adjust.apply(asked(2_500_000, comment="cash"))

    assert adjusted.balance_micros == 12_500_000 == balances_of(directory)["user:ada"]
    assert adjusted.seq == before + 1 == directory.watermark("primary", 1).seq
    assert not adjusted.repeated
    assert ledger_balances_of(ledger)["user:ada"] == 12_500_000


async def test_the_same_request_counts_once_however_often_it_is_made(
    adjust: Adjust, directory: Directory, ledger: Ledger
) -> None:
    first = await adjust.apply(asked(-1_000_000))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(adjust.apply(asked(-1_000_000))) for _ in range(5)]

    assert {task.result().seq for task in tasks} == {first.seq}
    assert all(task.result().repeated for task in tasks)
    assert balances_of(directory)["user:ada"] == 9_000_000
    assert entry_count(ledger, "primary") == first.seq


async def test_the_name_of_a_request_cannot_be_used_for_another_one(
    adjust: Adjust, directory: Directory
) -> None:
    await adjust.apply(asked(-1_000_000))

    with pytest.raises(ConflictError, match="asked for something else"):
        await adjust.apply(asked(-2_000_000))

    assert balances_of(directory)["user:ada"] == 9_000_000


async def test_a_refused_minimum_changes_nothing(
    adjust: Adjust, directory: Directory, ledger: Ledger
) -> None:
    before, entries = balances_of(directory), entry_count(ledger, "primary")

    with pytest.raises(BelowMinimumError) as refusal:
        await adjust.apply(asked(-9_500_001, remaining_min_micros=500_000))

    assert refusal.value.balance_micros == 10_000_000
    assert balances_of(directory) == before
    assert entry_count(ledger, "primary") == entries
    allowed = await adjust.apply(asked(-9_500_000, remaining_min_micros=500_000))
    assert allowed.balance_micros == 500_000


async def test_two_debits_at_once_cannot_both_have_the_last_money(
    adjust: Adjust, directory: Directory
) -> None:
    async def try_one(request_id: str) -> bool:
        try:
            await adjust.apply(asked(-6_000_000, request_id, remaining_min_micros=0))
        except BelowMinimumError:
            return False
        return True

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(try_one(name)) for name in ("r1", "r2", "r3")]

    assert sorted(task.result() for task in tasks) == [False, False, True]
    assert balances_of(directory)["user:ada"] == 4_000_000


async def test_an_unknown_user_is_refused_and_nothing_is_written(
    adjust: Adjust, ledger: Ledger
) -> None:
    entries = entry_count(ledger, "primary")

    with pytest.raises(NotFoundError, match="'user nobody'"):
        await adjust.apply(Adjustment(payer="user:nobody", amount_micros=1, request_id="r1"))

    assert entry_count(ledger, "primary") == entries


async def test_a_request_cut_between_the_two_files_is_finished_when_it_is_repeated(
    adjust: Adjust, directory: Directory, ledger: Ledger
) -> None:
    body = BalanceAdjusted(payer="user:ada", amount_micros=-1_000_000, request_id="r1")
    entry = next_entry(ledger.head("primary", 1), body, WALL_MS)
    await ledger.append(read_facts([entry]), now_ms=WALL_MS, request_id="r1")
    assert balances_of(directory)["user:ada"] == 10_000_000

    adjusted = await adjust.apply(asked(-1_000_000))

    assert adjusted.repeated
    assert adjusted.balance_micros == 9_000_000 == balances_of(directory)["user:ada"]


async def test_a_batch_takes_effect_together_and_leaves_out_what_was_done_before(
    adjust: Adjust, directory: Directory, ledger: Ledger
) -> None:
    await adjust.apply(asked(1_000_000, "r1"))
    wanted = [asked(1_000_000, "r1"), asked(5, "r2"), asked(7, "r3")]
    seen: list[int] = []

    async def make() -> Batch:
        return Batch(adjustments=wanted, also=lambda _: seen.append(1))

    for _ in range(2):
        assert await adjust.apply_batch(make)

    assert balances_of(directory)["user:ada"] == 11_000_012
    assert ledger_balances_of(ledger)["user:ada"] == 11_000_012
    assert seen == [1, 1]
    assert ledger.requested_of(["r0", "r2", "r3"]) == {"r2", "r3"}


async def test_a_batch_of_nothing_writes_nothing(adjust: Adjust, ledger: Ledger) -> None:
    before = entry_count(ledger, "primary")

    async def make() -> None:
        return None

    assert not await adjust.apply_batch(make)

    assert entry_count(ledger, "primary") == before


class FullDirectory(Directory):
    """A directory whose disk is full, as long as the test says."""

    is_full = True

    async def write(self, work: Work[T]) -> T:
        """Write, or not."""
        if self.is_full:
            raise StorageFullError
        return await super().write(work)


async def test_what_the_ledger_has_is_not_refused_where_the_directorys_disk_is_full(
    directory: Directory, ledger: Ledger, clock: ManualClock
) -> None:
    full = FullDirectory(directory.path)
    adjust = Adjust(Ingest(full, ledger, clock), full, ledger, clock)

    with pytest.raises(NotInEffectError, match="accepted and safe in the ledger"):
        await adjust.apply(asked(1_000_000))
    assert balances_of(directory)["user:ada"] == 10_000_000

    full.is_full = False
    done = await adjust.apply(asked(1_000_000))
    full.close()
    assert done.repeated
    assert done.balance_micros == 11_000_000 == ledger_balances_of(ledger)["user:ada"]
