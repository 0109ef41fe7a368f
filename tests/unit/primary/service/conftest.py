import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from primary.service.adjust import Adjust
from primary.service.grant_quotas import GrantQuotas
from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround
from primary.service.publish import Publisher
from primary.service.watch_starts import WatchStarts
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import ScriptedSync
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.ltx_store import LtxStore
from replication.testing import ManualClock
from tests.unit.primary.quota_scene import at


@pytest.fixture
def registers(tmp_path: Path) -> Iterator[Registers]:
    opened = Registers(tmp_path / "registers.db", crsqlite_path(os.environ))
    yield opened
    opened.close()


@pytest.fixture
def stores(directory: Directory, ledger: Ledger) -> tuple[Directory, Ledger]:
    return directory, ledger


@pytest.fixture
def publisher(tmp_path: Path, directory: Directory) -> Publisher:
    return Publisher(
        lineage=directory.lineage(),
        store=LtxStore(tmp_path / "store"),
        litestream=ScriptedSync(txid=1),
    )


@pytest.fixture
def ground(
    publisher: Publisher,
    ingest: Ingest,
    clock: ManualClock,
    registers: Registers,
    stores: tuple[Directory, Ledger],
) -> LinkGround:
    directory, ledger = stores
    return LinkGround(
        directory=directory,
        ingest=ingest,
        publisher=publisher,
        registers=registers,
        clock=clock,
        starts=WatchStarts(ledger),
    )


@pytest.fixture
def adjust(ingest: Ingest, directory: Directory, ledger: Ledger, clock: ManualClock) -> Adjust:
    return Adjust(ingest, directory, ledger, clock)


@pytest.fixture
def granting(
    adjust: Adjust, directory: Directory, ledger: Ledger, clock: ManualClock
) -> GrantQuotas:
    at(clock, "2028-01-15T12:00")
    return GrantQuotas(directory, ledger, adjust, clock)
