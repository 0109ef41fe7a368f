"""What cannot be kept is disputed, on either database alike: a NUL, and more than 64 bits hold."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, Update, select, update

from primary import organisation_load
from primary.errors import ConflictError
from primary.service.adjust import Adjust, Adjustment
from primary.service.bound_money import SUM_MAX
from primary.service.ingest import Ingest
from primary.service.organisation import create
from primary.store.directory import Directory
from primary.store.disputes import disputes
from primary.store.ledger import LEDGER_FILE, Ledger
from primary.store.ledger_report import LedgerReport
from primary.store.ledger_tables import daily_sums
from primary.store.postgres import PostgresAddress
from primary.testing import SiteJournal, printed
from replication.entry_bodies import MONEY_MAX, JobAccepted, JobPrinted
from replication.testing import ManualClock
from tests.integration.running_primary import ADA_MICROS, EXAMPLE, OPENING_MICROS

if TYPE_CHECKING:
    from chaos.live.postgres import Postgres

NUMBERS = itertools.count(1)
BATCH = 500


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    away = None
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        name = f"bounds_{next(NUMBERS)}"
        asyncio.run(server.sql(f"CREATE DATABASE {name}"))
        away = PostgresAddress(url=server.url(name))
    organisation = organisation_load.load(EXAMPLE.read_text())
    create(tmp_path / "hq", organisation, ManualClock(), away)
    opened = Ledger(away or tmp_path / "hq" / LEDGER_FILE)
    yield opened
    opened.close()


@pytest.fixture
def directory(ledger: Ledger, tmp_path: Path) -> Iterator[Directory]:
    ledger.journals()
    opened = Directory(tmp_path / "hq" / "directory.db")
    yield opened
    opened.close()


@pytest.fixture
def ingest(directory: Directory, ledger: Ledger) -> Ingest:
    return Ingest(directory, ledger, ManualClock())


@pytest.fixture
async def report(ledger: Ledger) -> AsyncIterator[LedgerReport]:
    opened = LedgerReport(ledger.path)
    yield opened
    opened.close()


async def change(ledger: Ledger, statement: Update) -> None:
    def work(connection: Connection) -> None:
        connection.execute(statement)

    await ledger.write(work)


def disputed(ledger: Ledger) -> list[int]:
    with ledger.read() as connection:
        found = disputes(connection, after=0, limit=100_000, with_settled=True)
    return [each.seq for each in found]


async def test_a_nul_in_a_name_is_disputed_and_the_channel_goes_on(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    body = printed("ada", 100_000)
    for name in ("user_name", "printer_name", "payer"):
        text = f"{getattr(body, name)}\x00"
        journal.append(body.model_copy(update={name: text}))
    journal.printed("ada", 200_000)

    await ingest.receive("oslo", 1, journal.entries)

    assert disputed(ledger) == [1, 2, 3]
    assert ledger.entry("oslo", 1, 1) == journal.entries[0]
    assert directory.balance_micros("user:ada") == ADA_MICROS - 200_000


async def test_a_nul_in_a_title_is_nobodys_concern(ingest: Ingest, ledger: Ledger) -> None:
    journal = SiteJournal("oslo")
    accepted = JobAccepted(
        job_uuid=printed("ada", 1).job_uuid,
        user_name="ada",
        queue_name="q",
        job_name="minutes\x00.pdf",
        bytes=1,
        sha256="0" * 64,
    )
    journal.append(accepted)

    await ingest.receive("oslo", 1, journal.entries)

    assert disputed(ledger) == []
    found = ledger.entry("oslo", 1, 1)
    assert found is not None
    assert found.parsed() == accepted


async def test_more_debits_than_64_bits_hold_are_disputed_and_the_balance_stays_exact(
    ingest: Ingest, directory: Directory, ledger: Ledger, report: LedgerReport
) -> None:
    journal = SiteJournal("oslo")
    for _ in range(4_100):
        journal.printed("ada", MONEY_MAX)
    journal.printed("ada", 1)

    for first in range(0, len(journal.entries), BATCH):
        await ingest.receive("oslo", 1, journal.entries[first : first + BATCH])

    taken = SUM_MAX // MONEY_MAX
    owed = taken * MONEY_MAX + 1
    assert disputed(ledger) == list(range(taken + 1, 4_101))
    assert directory.watermark("oslo", 1).seq == 4_101
    assert directory.balance_micros("user:ada") == ADA_MICROS - owed
    assert (await report.balances())["user:ada"] == ADA_MICROS - owed
    totals = await report.totals()
    assert (totals.credits_micros, totals.debits_micros) == (OPENING_MICROS, -owed)


async def test_a_sum_by_day_stays_within_64_bits_whoever_pays(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 1)
    await ingest.receive("oslo", 1, journal.entries)
    at_site = (daily_sums.c.dimension == "site", daily_sums.c.name == "oslo")
    nearly = update(daily_sums).where(*at_site).values(debits_micros=-(SUM_MAX - MONEY_MAX))
    await change(ledger, nearly)
    journal.printed("ada", MONEY_MAX)
    journal.printed("grace", MONEY_MAX)

    await ingest.receive("oslo", 1, journal.entries)

    assert disputed(ledger) == [3]
    with ledger.read() as connection:
        sums = connection.execute(select(daily_sums.c.debits_micros).where(*at_site))
        assert sums.scalars().all() == [-SUM_MAX]
    assert directory.balance_micros("user:ada") == ADA_MICROS - 1 - MONEY_MAX


async def test_absurd_pages_are_disputed_before_their_sum_overflows(
    ingest: Ingest, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    body = printed("ada", 0).model_dump() | {"mono_pages": 10_000_000, "copies": 9_999}
    journal.append(JobPrinted(**body))
    await ingest.receive("oslo", 1, journal.entries)
    full = update(daily_sums).values(mono_pages=SUM_MAX)
    await change(ledger, full)
    journal.append(JobPrinted(**body))
    journal.printed("ada", 1)

    await ingest.receive("oslo", 1, journal.entries)

    assert disputed(ledger) == [2]


async def test_headquarters_refuses_a_credit_that_does_not_fit(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    full = update(daily_sums).values(credits_micros=SUM_MAX)
    await change(ledger, full)
    adjust = Adjust(ingest, directory, ledger, ManualClock())

    with pytest.raises(ConflictError, match="Nothing was changed"):
        await adjust.apply(Adjustment(payer="user:ada", amount_micros=10**15, request_id="r"))

    assert directory.balance_micros("user:ada") == ADA_MICROS
    assert ledger.requested("r") is None
