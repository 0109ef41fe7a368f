"""The open files and databases of a running primary."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from primary.config import PrimaryConfig
from primary.service.organisation import DIRECTORY_FILE
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from primary.store.lookups import Lookups
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers

REGISTERS_FILE: Final = "registers.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The open files."""

    directory: Directory
    ledger: Ledger
    report: LedgerReport
    lookups: Lookups
    registers: Registers


@contextmanager
def open_stores(config: PrimaryConfig, environ: Mapping[str, str]) -> Iterator[Stores]:
    """Open them all; they are closed in the end, whatever happens."""
    data_dir, place = config.data_dir, config.ledger_place
    with ExitStack() as stack:
        directory = Directory(data_dir / DIRECTORY_FILE)
        stack.callback(directory.close)
        ledger = Ledger(place)
        stack.callback(ledger.close)
        report, lookups = LedgerReport(place), Lookups(place)
        stack.callback(report.close)
        stack.callback(lookups.close)
        registers = Registers(data_dir / REGISTERS_FILE, crsqlite_path(environ))
        stack.callback(registers.close)
        yield Stores(
            directory=directory,
            ledger=ledger,
            report=report,
            lookups=lookups,
            registers=registers,
        )
