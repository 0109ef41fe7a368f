"""The least that a ledger in PostgreSQL must do with a journal: keep the rows, move the balances.

Two ways of the same: pages of 1,000 rows by `executemany` (psycopg sends them as one pipeline), and
pages of 10,000 staged by COPY. No hash chain, no check of a body, no print log and no TLS.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import psycopg

from bench.offline_day import users
from failure_modes.errors import check
from replication.entry_bodies import movement, user_payer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.journal import Entry

PAGE_ROWS: Final = 1_000
STAGED_ROWS: Final = 10_000
COLUMNS: Final = "site, epoch, seq, kind, wall_ms, body, prev_hash, entry_hash"
SCHEMA: Final = (
    (
        "CREATE TABLE entries (site text, epoch bigint, seq bigint, kind text, wall_ms bigint, "
        "body text, prev_hash text, entry_hash text, PRIMARY KEY (site, epoch, seq))"
    ),
    "CREATE TABLE balances (payer text PRIMARY KEY, micros bigint NOT NULL)",
    "CREATE TEMPORARY TABLE staged (LIKE entries) ON COMMIT DELETE ROWS",
)
INSERT: Final = (
    f"INSERT INTO entries ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608 - ours
    "ON CONFLICT DO NOTHING"
)
COPY: Final = f"COPY staged ({COLUMNS}) FROM STDIN"
UNSTAGE: Final = (
    f"INSERT INTO entries ({COLUMNS}) SELECT {COLUMNS} FROM staged ON CONFLICT DO NOTHING"  # noqa: S608 - ours
)
MOVE: Final = "UPDATE balances SET micros = micros + %s WHERE payer = %s"
TOTAL: Final = "SELECT (SELECT count(*) FROM entries), (SELECT sum(micros) FROM balances)"

Row = tuple[object, ...]
Page = tuple[list[Row], list[tuple[int, str]]]


def peer_rates(url: str, journal: Sequence[Entry]) -> tuple[float, float]:
    """Entries per second, in pages and staged."""
    paged, staged = pages(journal, PAGE_ROWS), pages(journal, STAGED_ROWS)
    return _rate(url, paged, _by_pages), _rate(url, staged, _by_copy)


def pages(journal: Sequence[Entry], rows: int) -> list[Page]:
    """The journal in pages: rows, and what the page as a whole takes off each balance."""
    return [
        ([_row(entry) for entry in page], _debits(page))
        for page in (journal[first : first + rows] for first in range(0, len(journal), rows))
    ]


def _rate(
    url: str, work: Sequence[Page], put: Callable[[psycopg.Cursor[Row], list[Row]], None]
) -> float:
    rows = sum(len(page) for page, _ in work)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS entries, balances, staged")
        for statement in SCHEMA:
            cursor.execute(statement)
        payers = [(user_payer(name),) for name in users()]
        cursor.executemany("INSERT INTO balances VALUES (%s, 0)", payers)
        connection.commit()
        began_s = time.perf_counter()
        for page, debits in work:
            put(cursor, page)
            cursor.executemany(MOVE, debits)
            connection.commit()
        took_s = time.perf_counter() - began_s
        spent = sum(delta for _, debits in work for delta, _ in debits)
        found = cursor.execute(TOTAL).fetchone()
        check(found == (rows, spent), f"the peer has {found} instead of {(rows, spent)}")
    return rows / took_s


def _by_pages(cursor: psycopg.Cursor[Row], page: list[Row]) -> None:
    cursor.executemany(INSERT, page)


def _by_copy(cursor: psycopg.Cursor[Row], page: list[Row]) -> None:
    with cursor.copy(COPY) as copy:
        for row in page:
            copy.write_row(row)
    cursor.execute(UNSTAGE)


def _row(entry: Entry) -> Row:
    return (
        entry.site_name,
        entry.epoch,
        entry.seq,
        entry.kind,
        entry.wall_ms,
        entry.body,
        entry.prev_hash,
        entry.entry_hash,
    )


def _debits(page: Sequence[Entry]) -> list[tuple[int, str]]:
    sums: defaultdict[str, int] = defaultdict(int)
    for entry in page:
        moved = movement(entry.parsed())
        if moved is not None:
            sums[moved.payer] += moved.amount_micros
    return [(delta, payer) for payer, delta in sorted(sums.items())]
