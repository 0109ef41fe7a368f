from collections.abc import Iterator
from pathlib import Path

import pytest

from primary import organisation_load
from primary.service.ingest import Ingest
from primary.service.organisation import create
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.testing import ManualClock

ORGANISATION = """
currency = "EUR"

[[sites]]
name = "oslo"
title = "Oslo"

[[sites]]
name = "lima"
title = "Lima"

[[users]]
name = "ada"
full_name = "Ada Lovelace"
cards = ["A1"]
balance_micros = 10_000_000

[[users]]
name = "grace"
full_name = "Grace Hopper"
balance_micros = 1_000_000

[[users]]
name = "alan"
full_name = "Alan Turing"

[[groups]]
name = "staff"
title = "Staff"
members = ["ada"]

[[accounts]]
name = "research"
title = "Research"
balance_micros = 7_000_000
open_to = ["group:staff"]

[[printers]]
name = "oslo-laser"
site = "oslo"
uri = "ipp://127.0.0.1:8701/ipp/print"

[[printers]]
name = "lima-laser"
site = "lima"
uri = "ipp://127.0.0.1:8702/ipp/print"

[[queues]]
name = "oslo-secure"
site = "oslo"
printer = "oslo-laser"

[[devices]]
name = "oslo-panel"
site = "oslo"
printer = "oslo-laser"

[[prices]]
mono_simplex_micros = 50_000
mono_duplex_micros = 40_000
colour_simplex_micros = 250_000
colour_duplex_micros = 220_000
"""
OPENING_MICROS = 18_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def data_dir(tmp_path: Path, clock: ManualClock) -> Path:
    folder = tmp_path / "primary"
    create(folder, organisation_load.load(ORGANISATION), clock)
    return folder


@pytest.fixture
def directory(data_dir: Path) -> Iterator[Directory]:
    opened = Directory(data_dir / "directory.db")
    yield opened
    opened.close()


@pytest.fixture
def ledger(data_dir: Path) -> Iterator[Ledger]:
    opened = Ledger(data_dir / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture
def ingest(directory: Directory, ledger: Ledger, clock: ManualClock) -> Ingest:
    return Ingest(directory, ledger, clock)
