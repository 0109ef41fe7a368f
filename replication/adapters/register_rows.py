"""The registers' tables, the statements on them, and their rows as values."""

from __future__ import annotations

from typing import Any, Final

from replication.adapters.claim_rows import COLUMNS as CLAIM_COLUMNS
from replication.adapters.claim_rows import KEYS as CLAIM_KEYS
from replication.messages import RegisterChange
from replication.ports import Micros, WallMs
from replication.registers import HeldJob

SCHEMA_VERSION: Final = 2
"""A file of another version forgets how far it has come, so that it hears everything again."""
ROWS_PER_VERSION: Final = 200
"""Rows that one transaction puts: 1,800 changes, so that a batch holds at least two versions."""
COLUMNS: Final = (
    "job_uuid",
    "site_name",
    "user_name",
    "queue_name",
    "job_name",
    "pages",
    "cost_micros",
    "state",
    "updated_wall_ms",
)
HELD_JOBS_TABLE: Final = """
CREATE TABLE IF NOT EXISTS held_jobs (
    job_uuid TEXT PRIMARY KEY NOT NULL,
    site_name TEXT NOT NULL DEFAULT '',
    user_name TEXT NOT NULL DEFAULT '',
    queue_name TEXT NOT NULL DEFAULT '',
    job_name TEXT NOT NULL DEFAULT '',
    pages INTEGER NOT NULL DEFAULT 0,
    cost_micros INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT '',
    updated_wall_ms INTEGER NOT NULL DEFAULT 0
)"""
VERSIONS_TABLE: Final = """
CREATE TABLE IF NOT EXISTS register_versions (
    origin TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID"""
ROW_IS_ALIVE: Final = "-1"
"""cr-sqlite's name for the life and death of a row, where a column's name stands otherwise."""

KNOWN_CELLS: Final = {
    "held_jobs": frozenset((*COLUMNS[1:], ROW_IS_ALIVE)),
    "card_claims": frozenset((*CLAIM_COLUMNS[len(CLAIM_KEYS) :], ROW_IS_ALIVE)),
}
"""Which cells of which tables this version has a place for."""

_MARKS = ", ".join("?" * len(COLUMNS))
_SET = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[1:])
_DIFFERS = " OR ".join(f"{column} IS NOT excluded.{column}" for column in COLUMNS[1:])
PUT: Final = (
    f"INSERT INTO held_jobs ({', '.join(COLUMNS)}) VALUES ({_MARKS})"  # noqa: S608 - fixed names
    f" ON CONFLICT (job_uuid) DO UPDATE SET {_SET} WHERE {_DIFFERS}"
)
DROP: Final = "DELETE FROM held_jobs WHERE job_uuid = ?"
LIST: Final = f"SELECT {', '.join(COLUMNS)} FROM held_jobs ORDER BY site_name, job_uuid"  # noqa: S608
NEWER: Final = (
    'SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes'
    " WHERE site_id = ? AND db_version > ? ORDER BY db_version, seq"
)
MERGE: Final = (
    'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)'
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
KEEP_OWN_VERSION: Final = (
    "INSERT INTO register_versions (origin, version)"
    " SELECT lower(hex(crsql_site_id())), crsql_db_version() WHERE crsql_db_version() > 0"
)
KEEP_VERSION: Final = (
    "INSERT INTO register_versions (origin, version) VALUES (?, ?)"
    " ON CONFLICT (origin) DO UPDATE SET version = max(version, excluded.version)"
)


def row_of(job: HeldJob) -> tuple[object, ...]:
    """What `PUT` takes."""
    return tuple(getattr(job, column) for column in COLUMNS)


def job_of(row: tuple[Any, ...]) -> HeldJob:
    """The job in a row of `LIST`."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["cost_micros"] = Micros(values["cost_micros"])
    values["updated_wall_ms"] = WallMs(values["updated_wall_ms"])
    return HeldJob(**values)


def change_of(row: tuple[Any, ...]) -> RegisterChange:
    """The change in a row of `NEWER`."""
    table, pk, cid, val, col_version, db_version, site_id, cl, seq = row
    return RegisterChange(
        table=table,
        pk_hex=pk.hex(),
        cid=cid,
        val=val,
        col_version=col_version,
        db_version=db_version,
        origin=site_id.hex(),
        cl=cl,
        seq=seq,
    )


def merge_row(change: RegisterChange) -> tuple[object, ...]:
    """What `MERGE` takes."""
    return (
        change.table,
        bytes.fromhex(change.pk_hex),
        change.cid,
        change.val,
        change.col_version,
        change.db_version,
        bytes.fromhex(change.origin),
        change.cl,
        change.seq,
    )


def is_known(change: RegisterChange) -> bool:
    """Whether this version has a place for it."""
    return change.cid in KNOWN_CELLS.get(change.table, ())
