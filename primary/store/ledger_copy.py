"""Copies a whole ledger to another place, in one transaction there: all of it, or nothing."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select, text

from failure_modes.errors import check
from primary.errors import ConfigError, LedgerNotEmptyError
from primary.store.dialects import POSTGRESQL, BulkRows
from primary.store.ledger import Ledger, Place
from primary.store.ledger_tables import entries, ledger_metadata

ROWS_AT_ONCE: Final = 5_000
"""Bounds the memory: ten million rows are copied in that of five thousand."""
_IN_PARTS: Final = {"yield_per": ROWS_AT_ONCE}
_NEXT_ENTRY_ID: Final = text(
    "SELECT setval(pg_get_serial_sequence('entries', 'entry_id'), max(entry_id)) FROM entries"
)


def copy_ledger(source: Path, target: Place) -> Mapping[str, int]:
    """Copy the file `source` to `target`, which must be empty; the rows by table.

    Errors, with nothing changed: `ConfigError`, `LedgerNotEmptyError`, `StorageError`.
    """
    if target == source:
        raise ConfigError(["ledger_url: not set. Name the PostgreSQL that is to take the ledger"])
    if not source.exists():
        raise ConfigError([f"There is no {source} to copy"])
    old, new = Ledger(source), Ledger(target)
    try:
        if new.journals():
            raise LedgerNotEmptyError
        with old.read() as reading:
            return new.write_now(lambda writing: _copy(reading, writing))
    finally:
        new.close()
        old.close()


def _copy(reading: Connection, writing: Connection) -> Mapping[str, int]:
    copied = {}
    for table in ledger_metadata.sorted_tables:
        put = BulkRows(table, table.columns.keys())
        found = iter(reading.execute(select(table), execution_options=_IN_PARTS))
        while rows := [tuple(row) for row in islice(found, ROWS_AT_ONCE)]:
            put(writing, rows)
        count = select(func.count()).select_from(table)
        copied[table.name] = writing.execute(count).scalar_one()
        there = reading.execute(count).scalar_one()
        check(copied[table.name] == there, f"{table.name}: {there} rows, {copied[table.name]} came")
    if writing.dialect.name == POSTGRESQL and copied[entries.name]:
        writing.execute(_NEXT_ENTRY_ID)
    return copied
