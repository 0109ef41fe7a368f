from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from primary.service.ingest import Ingest
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from primary.store.ledger_tables import print_log
from primary.testing import WALL_MS, SiteJournal, printed
from replication.entry_bodies import JobPrintedLate


@pytest.fixture
def report(data_dir: Path) -> Iterator[LedgerReport]:
    opened = LedgerReport(data_dir / "ledger.db")
    yield opened
    opened.close()


async def test_entries_come_page_by_page_in_the_order_of_their_arrival(
    ingest: Ingest, report: LedgerReport
) -> None:
    journal = SiteJournal("oslo")
    for _ in range(3):
        journal.printed("ada", 1)
    await ingest.receive("oslo", 1, journal.entries)

    first = await report.entries(limit=4)
    second = await report.entries(after=first[-1].entry_id, limit=4)
    oslo = await report.entries(site_name="oslo")

    assert [(entry.site_name, entry.seq) for entry in first + second] == [
        ("primary", 1),
        ("primary", 2),
        ("primary", 3),
        ("oslo", 1),
        ("oslo", 2),
        ("oslo", 3),
    ]
    assert [entry.seq for entry in oslo] == [1, 2, 3]


async def test_balances_are_added_up_from_the_movements(
    ingest: Ingest, report: LedgerReport
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 4_000_000)
    await ingest.receive("oslo", 1, journal.entries)

    assert await report.balances() == {
        "account:research": 7_000_000,
        "user:ada": 6_000_000,
        "user:grace": 1_000_000,
    }


async def test_totals_count_entries_money_and_paper(ingest: Ingest, report: LedgerReport) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 100, pages=3)
    journal.printed("nobody", 100)
    await ingest.receive("oslo", 1, journal.entries)

    totals = await report.totals()

    assert [
        (one.site_name, one.entries, one.last_seq, one.disputed) for one in totals.journals
    ] == [
        ("oslo", 2, 2, 1),
        ("primary", 3, 3, 0),
    ]
    assert totals.credits_micros == 18_000_000
    assert totals.debits_micros == -100
    assert (totals.printed, totals.mono_pages, totals.colour_pages) == (1, 3, 0)
    assert totals.charged_twice == 0


async def test_a_job_that_was_charged_twice_is_seen(ingest: Ingest, report: LedgerReport) -> None:
    for name in ("oslo", "lima"):
        journal = SiteJournal(name)
        journal.printed("ada", 100)
        await ingest.receive(name, 1, journal.entries)

    assert (await report.totals()).charged_twice == 1


async def test_a_job_that_is_charged_late_is_in_the_print_log_with_the_time_of_its_print(
    ingest: Ingest, ledger: Ledger, report: LedgerReport
) -> None:
    journal = SiteJournal("oslo")
    body = printed("ada", 100).model_dump()
    late = JobPrintedLate(**body, printed_wall_ms=WALL_MS - 5_000, reason="charged_late")
    journal.append(late)
    await ingest.receive("oslo", 1, journal.entries)

    assert (await report.balances())["user:ada"] == 9_999_900
    assert (await report.totals()).printed == 1
    with ledger.read() as connection:
        (wall_ms,) = connection.execute(select(print_log.c.wall_ms)).scalars()
    assert wall_ms == WALL_MS - 5_000
