from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from primary.http.app import make_app
from primary.http.exchange import Services
from primary.ports import Check
from primary.service.adjust import Adjust
from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from primary.testing import FixedJoinTokens, ListedHeldJobs
from replication.testing import ManualClock

KEY = "an-admin-key"
CARD_KEY = bytes(32)


@pytest.fixture
def join_tokens() -> FixedJoinTokens:
    return FixedJoinTokens(site_names=frozenset({"oslo", "lima"}))


@pytest.fixture
def held_jobs() -> ListedHeldJobs:
    return ListedHeldJobs()


@pytest.fixture
def checks() -> dict[str, Callable[[], Check]]:
    return {"litestream": lambda: Check(is_ok=True, detail="TXID 1")}


@pytest.fixture
async def api(
    data_dir: Path,
    directory: Directory,
    ledger: Ledger,
    ingest: Ingest,
    clock: ManualClock,
    join_tokens: FixedJoinTokens,
    held_jobs: ListedHeldJobs,
    checks: dict[str, Callable[[], Check]],
) -> AsyncIterator[TestClient]:
    report = LedgerReport(data_dir / "ledger.db")
    services = Services(
        directory=directory,
        report=report,
        adjust=Adjust(ingest, directory, ledger, clock),
        join_tokens=join_tokens,
        held_jobs=held_jobs,
        checks=checks,
        card_key=CARD_KEY,
    )
    headers = {"Authorization": f"Bearer {KEY}"}
    async with TestClient(TestServer(make_app(services, KEY)), headers=headers) as client:
        yield client
    report.close()
