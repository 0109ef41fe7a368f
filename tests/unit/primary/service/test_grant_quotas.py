"""Quotas, by a clock that the test moves. Ada is staff and has 10.00; Grace and Alan are not."""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from primary.errors import ConflictError
from primary.names import QuotaPeriod
from primary.service.adjust import Adjust
from primary.service.grant_quotas import MEMBERS_AT_ONCE, GrantQuotas
from primary.service.ingest import Ingest
from primary.store import people, quotas
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.people import UserFields
from primary.store.quotas import Quota
from replication.entry_bodies import BalanceAdjusted
from replication.errors import StorageError
from replication.testing import ManualClock
from tests.unit.primary.conftest import OPENING_MICROS
from tests.unit.primary.money import balances_of, entry_count, ledger_balances_of

ADA = "user:ada"
OPENING = 10_000_000
AMOUNT = 2_000_000
CROWD = 2 * MEMBERS_AT_ONCE + 100
CUT = "BEGIN SELECT RAISE(ABORT, 'cut'); END"


def at(clock: ManualClock, text: str) -> None:
    there_ms = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    clock.jump(there_ms - clock.wall_ms())


def sql(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def of_staff(period: QuotaPeriod, *, amount: int = AMOUNT, balance_max: int | None = None) -> Quota:
    return Quota(
        group_name="staff", amount_micros=amount, period=period, balance_max_micros=balance_max
    )


async def crowd(directory: Directory) -> None:
    """So many people of staff that they need three batches."""
    rows = [(f"m{number:04d}",) for number in range(CROWD)]

    def work(connection: Connection) -> None:
        for statement in (
            "INSERT INTO users VALUES (?, 'Many', 1, 1)",
            "INSERT INTO memberships VALUES ('staff', ?)",
            "INSERT INTO balances VALUES ('user:' || ?, 0)",
        ):
            connection.exec_driver_sql(statement, rows)

    await directory.write(work)


@pytest.fixture
def adjust(ingest: Ingest, directory: Directory, ledger: Ledger, clock: ManualClock) -> Adjust:
    return Adjust(ingest, directory, ledger, clock)


@pytest.fixture
def granting(
    adjust: Adjust, directory: Directory, ledger: Ledger, clock: ManualClock
) -> GrantQuotas:
    at(clock, "2028-01-15T12:00")
    return GrantQuotas(directory, ledger, adjust, clock)


def restarted(directory: Directory, ledger: Ledger, clock: ManualClock) -> GrantQuotas:
    adjust = Adjust(Ingest(directory, ledger, clock), directory, ledger, clock)
    return GrantQuotas(directory, ledger, adjust, clock)


def granted_micros(directory: Directory, payer: str = ADA) -> int:
    return balances_of(directory)[payer] - (OPENING if payer == ADA else 0)


def check_money(directory: Directory, ledger: Ledger) -> None:
    """What the directory has is what the ledger explains."""
    has = balances_of(directory)
    explained = ledger_balances_of(ledger)
    assert has == {payer: explained.get(payer, 0) for payer in has}
    assert directory.watermark("primary", 1) == ledger.head("primary", 1)


# When


async def test_a_new_quota_begins_with_the_next_period(
    granting: GrantQuotas, directory: Directory, ledger: Ledger, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.MONTH))
    for moment in ("2028-01-15T12:01", "2028-01-31T23:59:59.999"):
        at(clock, moment)
        await granting.grant()
        assert granted_micros(directory) == 0

    at(clock, "2028-02-01")
    await granting.grant()

    assert granted_micros(directory) == AMOUNT
    assert balances_of(directory)["user:grace"] == 1_000_000
    entry = ledger.entry("primary", 1, entry_count(ledger, "primary"))
    assert entry is not None
    assert entry.parsed() == BalanceAdjusted(
        payer=ADA,
        amount_micros=AMOUNT,
        comment="quota of staff for 2028-02",
        request_id="quota:staff:2028-02:ada",
    )


async def test_a_quota_of_the_organisation_file_begins_with_the_period_after_the_first_start(
    granting: GrantQuotas, directory: Directory, clock: ManualClock
) -> None:
    await directory.write(lambda c: quotas.put_quota(c, of_staff(QuotaPeriod.DAY)))
    await granting.grant()
    assert granted_micros(directory) == 0

    at(clock, "2028-01-16")
    await granting.grant()

    assert granted_micros(directory) == AMOUNT


@pytest.mark.parametrize(
    ("kind", "first", "days", "times"),
    [
        (QuotaPeriod.DAY, "2028-02-27", 5, 5),
        (QuotaPeriod.WEEK, "2028-01-01", 366, 52),
        (QuotaPeriod.MONTH, "2028-01-01", 366, 12),
    ],
)
async def test_a_leap_year_has_as_many_grants_as_periods_begin_in_it(
    granting: GrantQuotas,
    directory: Directory,
    ledger: Ledger,
    clock: ManualClock,
    *,
    kind: QuotaPeriod,
    first: str,
    days: int,
    times: int,
) -> None:
    at(clock, first)
    clock.jump(-1)
    await granting.put(of_staff(kind))
    clock.jump(1)
    for _ in range(days):
        await granting.grant()
        await granting.grant()
        clock.advance(86_400_000)

    assert granted_micros(directory) == times * AMOUNT
    check_money(directory, ledger)


async def test_of_missed_periods_only_the_newest_is_granted(
    granting: GrantQuotas, directory: Directory, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY))

    at(clock, "2028-01-19T09:30")
    await granting.grant()
    await granting.grant()

    assert granted_micros(directory) == AMOUNT


async def test_another_amount_counts_from_the_next_grant_on(
    granting: GrantQuotas, directory: Directory, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY))
    at(clock, "2028-01-16")
    await granting.put(of_staff(QuotaPeriod.DAY, amount=5))  # before the scheduler came

    await granting.grant()

    assert granted_micros(directory) == 5


async def test_another_kind_of_period_grants_nothing_twice(
    granting: GrantQuotas, directory: Directory, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY))
    at(clock, "2028-01-16")
    await granting.grant()
    for kind in (QuotaPeriod.MONTH, QuotaPeriod.DAY):
        await granting.put(of_staff(kind))
        await granting.grant()
    assert granted_micros(directory) == AMOUNT

    at(clock, "2028-01-17")
    await granting.grant()

    assert granted_micros(directory) == 2 * AMOUNT


async def test_a_quota_that_is_taken_away_is_granted_no_more_and_begins_anew(
    granting: GrantQuotas, directory: Directory, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY))
    await directory.write(lambda c: quotas.delete_quota(c, "staff"))
    at(clock, "2028-01-16")
    await granting.grant()
    await granting.put(of_staff(QuotaPeriod.DAY))
    await granting.grant()
    assert granted_micros(directory) == 0

    at(clock, "2028-01-17")
    await granting.grant()

    assert granted_micros(directory) == AMOUNT


# Who, and how much


async def test_a_balance_is_never_lifted_above_the_maximum(
    granting: GrantQuotas, directory: Directory, ledger: Ledger, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY, balance_max=OPENING + AMOUNT + 1))
    for day, expected in ((16, AMOUNT), (17, AMOUNT + 1), (18, AMOUNT + 1)):
        at(clock, f"2028-01-{day}")
        await granting.grant()
        assert granted_micros(directory) == expected
    entries = entry_count(ledger, "primary")

    await granting.put(of_staff(QuotaPeriod.DAY, balance_max=1))
    at(clock, "2028-01-19")
    await granting.grant()

    assert (granted_micros(directory), entry_count(ledger, "primary")) == (AMOUNT + 1, entries)


async def test_members_who_are_disabled_get_nothing_and_new_ones_begin_with_the_next_period(
    granting: GrantQuotas, directory: Directory, clock: ManualClock
) -> None:
    await granting.put(of_staff(QuotaPeriod.DAY))
    gone = UserFields(full_name="Ada", enabled=False, groups=("staff",))
    await directory.write(lambda c: people.put_user(c, "ada", gone))
    at(clock, "2028-01-16")
    await granting.grant()
    new = UserFields(full_name="Grace", groups=("staff",))
    await directory.write(lambda c: people.put_user(c, "grace", new))
    await granting.grant()
    assert sum(balances_of(directory).values()) == OPENING_MICROS

    at(clock, "2028-01-17")
    await granting.grant()

    assert granted_micros(directory) == 0
    assert balances_of(directory)["user:grace"] == 1_000_000 + AMOUNT


async def test_a_group_that_is_not_there_has_no_quota(
    granting: GrantQuotas, directory: Directory
) -> None:
    value = Quota(
        group_name="nobody", amount_micros=1, period=QuotaPeriod.DAY, balance_max_micros=None
    )

    with pytest.raises(ConflictError, match="make the group first"):
        await granting.put(value)

    with directory.read() as connection:
        assert quotas.all_quotas(connection) == []


# Exactly once


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
        ("ledger", f"BEFORE UPDATE ON quota_runs WHEN NEW.after_user > 'm0300' {CUT}"),
        ("ledger", f"BEFORE INSERT ON requests WHEN NEW.request_id LIKE '%m0300' {CUT}"),
        ("directory", f"BEFORE UPDATE ON balances WHEN NEW.payer = 'user:m0300' {CUT}"),
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
    assert granted_micros(directory, "user:m0300") == 0
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


# As a service


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
