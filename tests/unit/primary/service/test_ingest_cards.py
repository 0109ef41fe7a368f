"""What a device did by itself, as the primary books it."""

import pytest
from sqlalchemy import select

from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from primary.store.ledger_tables import print_log
from primary.testing import SiteJournal, job_uuid
from replication.entry_bodies import CardUsed
from tests.unit.primary.money import balances_of


def used(payer: str | None, cost_micros: int, *, number: int = 1) -> CardUsed:
    return CardUsed(
        use_uuid=job_uuid(number),
        device_name="oslo-panel",
        printer_name="oslo-laser",
        card_hash="a" * 64,
        used_wall_ms=17,
        payer=payer,
        cost_micros=cost_micros,
        mono_pages=3,
        colour_pages=1,
        matched=payer is not None,
    )


async def test_a_use_is_charged_and_stands_in_the_print_log_at_its_own_time(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.append(used("user:ada", 150_000))

    for _ in range(2):
        await ingest.receive("oslo", 1, journal.entries)

    assert balances_of(directory)["user:ada"] == 9_850_000
    report = LedgerReport(ledger.path)
    try:
        totals = await report.totals()
    finally:
        report.close()
    with ledger.read() as connection:
        (row,) = connection.execute(select(print_log)).all()
    assert (totals.printed, totals.mono_pages, totals.charged_twice) == (1, 3, 0)
    assert (row.work, row.work_uuid, row.wall_ms) == ("card", job_uuid(1), 17)
    assert (row.user_name, row.payer, row.printer_name) == ("ada", "user:ada", "oslo-laser")


@pytest.mark.parametrize(("payer", "disputed"), [(None, 0), ("user:nobody", 1)])
async def test_a_use_that_nobody_pays_is_on_record_and_an_unknown_payer_is_disputed(
    ingest: Ingest, directory: Directory, ledger: Ledger, payer: str | None, disputed: int
) -> None:
    opening = balances_of(directory)
    journal = SiteJournal("oslo")
    journal.append(used(payer, 0 if payer is None else 5))
    journal.printed("ada", 50_000)

    await ingest.receive("oslo", 1, journal.entries)

    report = LedgerReport(ledger.path)
    try:
        totals = await report.totals()
    finally:
        report.close()
    assert sum(each.disputed for each in totals.journals) == disputed
    assert totals.printed == 2 - disputed
    assert balances_of(directory) == {**opening, "user:ada": opening["user:ada"] - 50_000}
