"""Staff with a quota. Ada is one of them and has 10.00; Grace and Alan are not."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from primary.names import QuotaPeriod
from primary.service.adjust import Adjust
from primary.service.grant_quotas import MEMBERS_AT_ONCE, GrantQuotas
from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.quotas import Quota
from replication.testing import ManualClock
from tests.unit.primary.money import balances_of, ledger_balances_of

ADA = "user:ada"
OPENING = 10_000_000
AMOUNT = 2_000_000
CROWD = 3 * MEMBERS_AT_ONCE - 1
LATER = f"m{MEMBERS_AT_ONCE + 50:04d}"
"""Somebody of the second batch."""
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
