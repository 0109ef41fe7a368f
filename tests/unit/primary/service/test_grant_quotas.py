"""When a quota is granted, to whom, and how much; the test moves the clock."""

import pytest

from primary.errors import ConflictError
from primary.names import QuotaPeriod
from primary.service.grant_quotas import GrantQuotas
from primary.store import people, quotas
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.people import UserFields
from primary.store.quotas import Quota
from replication.entry_bodies import BalanceAdjusted
from replication.testing import ManualClock
from tests.unit.primary.conftest import OPENING_MICROS
from tests.unit.primary.money import balances_of, entry_count
from tests.unit.primary.quota_scene import (
    ADA,
    AMOUNT,
    OPENING,
    at,
    check_money,
    granted_micros,
    of_staff,
)

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
