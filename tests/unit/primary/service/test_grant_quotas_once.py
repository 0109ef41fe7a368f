"""A grant is made exactly once, whatever is cut, restarted or set back."""

import asyncio
import logging
from collections.abc import Awaitable

import pytest

from primary.names import QuotaPeriod
from primary.service.adjust import Adjust
from primary.service.grant_quotas import GrantQuotas
from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.errors import StorageError
from replication.testing import ManualClock
from tests.unit.primary.conftest import OPENING_MICROS
from tests.unit.primary.money import balances_of
from tests.unit.primary.quota_scene import (
    ADA,
    AMOUNT,
    CROWD,
    CUT,
    LATER,
    OPENING,
    at,
    check_money,
    crowd,
    granted_micros,
    of_staff,
    restarted,
    sql,
)


async def test_schedulers_at_once_grant_once(
    granting: GrantQuotas,
    adjust: Adjust,
    directory: Directory,
    ledger: Ledger,
    clock: ManualClock,
) -> None:
    await crowd(directory)
    await granting.put(of_staff(QuotaPeriod.DAY))
    at(clock, "2028-01-16")

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(GrantQuotas(directory, ledger, adjust, clock).grant())

    assert granted_micros(directory) == AMOUNT
    assert sum(balances_of(directory).values()) == OPENING_MICROS + (CROWD + 1) * AMOUNT
    check_money(directory, ledger)


@pytest.mark.parametrize(
    ("file", "trigger"),
    [
        ("ledger", f"BEFORE UPDATE ON quota_runs WHEN NEW.after_user > '{LATER}' {CUT}"),
        ("ledger", f"BEFORE INSERT ON requests WHEN NEW.request_id LIKE '%{LATER}' {CUT}"),
        ("directory", f"BEFORE UPDATE ON balances WHEN NEW.payer = 'user:{LATER}' {CUT}"),
    ],
    ids=["before the batch", "within the batch", "between ledger and directory"],
)
async def test_a_run_that_is_cut_goes_on_where_it_was_after_a_restart(
    granting: GrantQuotas,
    directory: Directory,
    ledger: Ledger,
    clock: ManualClock,
    *,
    file: str,
    trigger: str,
) -> None:
    await crowd(directory)
    await granting.put(of_staff(QuotaPeriod.DAY, balance_max=OPENING + AMOUNT))

    def change(statement: str) -> Awaitable[None]:
        store = ledger if file == "ledger" else directory
        return store.write(lambda connection: sql(connection, statement))

    await change(f"CREATE TRIGGER cut {trigger}")
    at(clock, "2028-01-16")
    with pytest.raises(StorageError):
        await granting.grant()
    assert granted_micros(directory, "user:m0000") == AMOUNT
    assert granted_micros(directory, f"user:{LATER}") == 0
    await change("DROP TRIGGER cut")

    at(clock, "2028-01-16T15:00")
    for _ in range(2):
        again = restarted(directory, ledger, clock)
        await Ingest(directory, ledger, clock).roll_forward()
        await again.grant()

    balances = balances_of(directory)
    assert {balances[f"user:m{number:04d}"] for number in range(CROWD)} == {AMOUNT}
    assert sum(balances.values()) == OPENING_MICROS + (CROWD + 1) * AMOUNT
    check_money(directory, ledger)


async def test_who_had_the_maximum_when_their_turn_came_gets_nothing_later_in_the_period(
    granting: GrantQuotas, directory: Directory, ledger: Ledger, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY, balance_max=OPENING))
    at(clock, "2028-01-16")
    await granting.grant()
    await directory.write(
        lambda c: sql(c, "UPDATE balances SET balance_micros = 0 WHERE payer = 'user:ada'")
    )

    await restarted(directory, ledger, clock).grant()

    assert balances_of(directory)[ADA] == 0


async def test_a_clock_that_was_ahead_is_told_and_never_grants_a_period_twice(
    granting: GrantQuotas,
    directory: Directory,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    await granting.put(of_staff(QuotaPeriod.DAY))
    at(clock, "2028-01-17")
    await granting.grant()
    at(clock, "2028-01-16")
    await granting.grant()
    await granting.grant()
    assert granting.problem == "the clock was ahead when staff got their quota; put it again"
    assert granted_micros(directory) == AMOUNT

    await granting.put(of_staff(QuotaPeriod.DAY))
    for day, expected in ((16, AMOUNT), (17, AMOUNT), (18, 2 * AMOUNT)):
        at(clock, f"2028-01-{day}")
        await granting.grant()
        assert granted_micros(directory) == expected

    assert granting.problem == ""
    assert caplog.messages.count("quotas are granted again") == 1


async def test_it_grants_at_start_and_whenever_it_is_due_and_a_full_disk_stops_nothing_else(
    granting: GrantQuotas, directory: Directory, ledger: Ledger, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY))
    at(clock, "2028-01-16")

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(granting.run())
        while granted_micros(directory) < AMOUNT:
            await ledger.beat()
        trigger = f"CREATE TRIGGER cut BEFORE INSERT ON entries {CUT}"
        await ledger.write(lambda connection: sql(connection, trigger))
        at(clock, "2028-01-17")
        granting.due()
        while not granting.problem:
            await ledger.beat()
        await ledger.write(lambda connection: sql(connection, "DROP TRIGGER cut"))
        while granted_micros(directory) < 2 * AMOUNT:
            granting.due()
            await ledger.beat()
        running.cancel()

    check_money(directory, ledger)
