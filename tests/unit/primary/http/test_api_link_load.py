"""What the API and the metrics say of the link's load."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from primary.config import LinkConfig
from primary.errors import TooBusyError
from primary.http.app import make_app
from primary.http.exchange import Services
from primary.link_load import LinkLoad
from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround
from primary.service.publish import Publisher
from primary.service.watch_starts import WatchStarts
from primary.store.ledger import Ledger
from primary.testing import ScriptedSync
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.ltx_store import LtxStore
from tests.unit.primary.http.conftest import KEY


@pytest.fixture
def registers(data_dir: Path) -> Iterator[Registers]:
    opened = Registers(data_dir / "registers.db", crsqlite_path(os.environ))
    yield opened
    opened.close()


@pytest.fixture
def link_load(services: Services, ingest: Ingest, ledger: Ledger, registers: Registers) -> LinkLoad:
    store = LtxStore(services.directory.path.parent / "store")
    ground = LinkGround(
        directory=services.directory,
        ingest=ingest,
        publisher=Publisher(lineage="0" * 32, store=store, litestream=ScriptedSync()),
        registers=registers,
        clock=services.clock,
        starts=WatchStarts(ledger),
    )
    return LinkLoad(LinkConfig(sites_max=7, handshakes_max=3, downloads_max=1), ground)


async def test_bounds_load_and_refusals_are_told(services: Services, link_load: LinkLoad) -> None:
    with link_load.admission.file(), pytest.raises(TooBusyError):
        link_load.admission.check_file()
    app = make_app(replace(services, link_load=link_load.load), KEY)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with TestClient(TestServer(app), headers=headers) as api:
        told = await (await api.get("/api/v1/link-load")).json()
        text = await (await api.get("/metrics")).text()

    assert (told["sites_max"], told["downloads"], told["busy"]) == (7, 0, ["files"])
    assert told["asked_to_wait"]["files"] == 1
    samples = [each for one in text_string_to_metric_families(text) for each in one.samples]
    values = {one.name: one.value for one in samples if not one.labels}
    assert values["holdfast_sites_max"] == 7
    waits = {
        one.labels["reason"]: one.value
        for one in samples
        if one.name == "holdfast_asked_to_wait_total"
    }
    assert waits == {"sites": 0, "arrivals": 0, "deltas": 0, "files": 1, "handshakes": 0}


def test_health_is_ill_only_where_sites_are_sent_away_for_good(link_load: LinkLoad) -> None:
    admission = link_load.admission
    with admission.file(), pytest.raises(TooBusyError):
        admission.check_file()
    assert link_load.check().is_ok
    assert link_load.check().detail.startswith("0 of 2 sites; as many downloads")


def test_the_door_is_as_narrow_as_configured(link_load: LinkLoad) -> None:
    assert link_load.doorway.setups_max == 3
    link_load.doorway.on_stale()
    assert link_load.load().busy == ("handshakes",)
