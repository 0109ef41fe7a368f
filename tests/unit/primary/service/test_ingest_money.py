import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primary import organisation_load
from primary.service.ingest import Ingest
from primary.service.organisation import create
from primary.service.project import dispute_unknown, read_facts
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import WALL_MS, SiteJournal, printed
from replication.testing import ManualClock
from tests.unit.primary.conftest import ORGANISATION
from tests.unit.primary.money import balances_of, ledger_balances_of


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_money_is_conserved_whatever_is_repeated_lost_or_cut(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("primary") / "data"
    create(folder, organisation_load.load(ORGANISATION), ManualClock())
    asyncio.run(conserve_money(folder, data))


async def conserve_money(folder: Path, data: st.DataObject) -> None:
    directory, ledger = Directory(folder / "directory.db"), Ledger(folder / "ledger.db")
    try:
        opening = balances_of(directory)
        journals = {name: SiteJournal(name) for name in ("oslo", "lima")}
        who = st.sampled_from(["ada", "grace", "alan", "nobody"])
        for journal in journals.values():
            bodies = data.draw(st.lists(st.tuples(who, st.integers(0, 10**6)), max_size=30))
            for user_name, cost_micros in bodies:
                journal.append(printed(user_name, cost_micros, number=journal.head.seq + 1))
        await deliver(Ingest(directory, ledger, ManualClock()), ledger, journals, data)
        ingest = Ingest(directory, ledger, ManualClock())
        await ingest.roll_forward()
        for name, journal in journals.items():
            await ingest.receive(name, 1, journal.entries)
            assert directory.watermark(name, 1) == journal.head
        assert balances_of(directory) == expected(opening, journals)
        ledgered = ledger_balances_of(ledger)
        assert all(balances_of(directory)[payer] == ledgered[payer] for payer in ledgered)
    finally:
        ledger.close()
        directory.close()


async def deliver(
    ingest: Ingest, ledger: Ledger, journals: dict[str, SiteJournal], data: st.DataObject
) -> None:
    """Send random pieces, some of them only as far as a crash between ledger and directory."""
    for _ in range(data.draw(st.integers(0, 12))):
        journal = journals[data.draw(st.sampled_from(sorted(journals)))]
        first = data.draw(st.integers(0, len(journal.entries)))
        batch = journal.entries[first : first + data.draw(st.integers(0, 10))]
        name = journal.head.site_name
        if data.draw(st.booleans()) and first == ledger.head(name, 1).seq and batch:
            known = {"user:ada", "user:grace", "user:alan"}
            await ledger.append(dispute_unknown(read_facts(batch), known), now_ms=WALL_MS)
        else:
            received = await ingest.receive(name, 1, batch)
            assert received.fork is None


def expected(opening: dict[str, int], journals: dict[str, SiteJournal]) -> dict[str, int]:
    balances = dict(opening)
    for journal in journals.values():
        for entry in journal.entries:
            body = entry.parsed()
            payer, cost_micros = getattr(body, "payer", ""), getattr(body, "cost_micros", 0)
            if payer in balances:
                balances[payer] -= cost_micros
    return balances
