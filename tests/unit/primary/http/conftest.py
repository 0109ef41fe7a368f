from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from primary.http.app import make_app
from primary.http.exchange import Services
from primary.ports import Check
from primary.service.adjust import Adjust
from primary.service.grant_quotas import GrantQuotas
from primary.service.ingest import Ingest
from primary.service.settle_dispute import SettleDispute
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from primary.store.lookups import Lookups
from primary.testing import FixedJoinTokens, ListedHeldJobs
from replication.testing import ManualClock

Api = TestClient[web.Request, web.Application]
KEY = "an-admin-key"
CARD_KEY = bytes(32)


@pytest.fixture
def join_tokens() -> FixedJoinTokens:
    return FixedJoinTokens(site_names=frozenset({"oslo", "lima"}))


@pytest.fixture
def held_jobs() -> ListedHeldJobs:
    return ListedHeldJobs()


@pytest.fixture
def adjust(ingest: Ingest, directory: Directory, ledger: Ledger, clock: ManualClock) -> Adjust:
    return Adjust(ingest, directory, ledger, clock)


@pytest.fixture
def report(data_dir: Path) -> Iterator[LedgerReport]:
    opened = LedgerReport(data_dir / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture
def lookups(data_dir: Path) -> Iterator[Lookups]:
    opened = Lookups(data_dir / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture
def services(
    *,
    directory: Directory,
    report: LedgerReport,
    lookups: Lookups,
    adjust: Adjust,
    join_tokens: FixedJoinTokens,
    held_jobs: ListedHeldJobs,
    ingest: Ingest,
    ledger: Ledger,
    clock: ManualClock,
) -> Services:
    return Services(
        directory=directory,
        report=report,
        lookups=lookups,
        adjust=adjust,
        quotas=GrantQuotas(directory, ledger, adjust, clock),
        disputes=SettleDispute(adjust, directory, ledger, clock),
        join_tokens=join_tokens,
        held_jobs=held_jobs,
        checks={"litestream": lambda: Check(is_ok=True, detail="TXID 1")},
        card_key=CARD_KEY,
        uplinks=ingest.uplinks,
        clock=clock,
    )


@pytest.fixture
async def api(services: Services) -> AsyncIterator[Api]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with TestClient(TestServer(make_app(services, KEY)), headers=headers) as client:
        yield client
