"""How long people wait for the print log, the movements and the sums, on a ledger of many rows.

    python -m bench.print_log [--rows 1000000] [--only sqlite|postgresql] [--asks 40]

Both stores are filled with the same year (`print_log_year.py`) and asked the same questions, each
time about somebody else: first with the files in memory, then with every page of them read from the
disk. No plan may read a whole table or sort. Before the first question each is settled as a
database that grew day by day has long been: what was put in is written out (CHECKPOINT in both),
and PostgreSQL has vacuumed and analysed its tables, as its own autovacuum would have. SQLite gets
no ANALYZE, for no ledger ever does. The connection stands before the first question. The peer is
the same store asked for a page of the middle the common way: by the number of rows to skip
(OFFSET).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import pysqlite3.dbapi2 as sqlite
from sqlalchemy import select

from bench.figure import Figure, percentile
from bench.print_log_questions import Question, bad_steps, pages_touched, questions
from bench.print_log_year import Year
from bench.run import begin
from chaos.live.postgres import SETTINGS, postgres, postgres_folder
from failure_modes.errors import check
from primary.store.ledger import Ledger
from primary.store.ledger_tables import print_log
from primary.store.postgres import PostgresAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from primary.store.ledger import Place

ROWS: Final = 1_000_000
ASKS: Final = 40
COLD_ASKS: Final = 5
PEER_ASKS: Final = 3
PEER_ROUNDS: Final = 3
TARGET_MS: Final = 100
SEED: Final = 11
FILLING: Final = (*SETTINGS, "fsync=off", "max_wal_size=4GB", "maintenance_work_mem=256MB")
FILL_S: Final = 3_600.0
"""What one statement may take that fills a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A ledger, and the folder of its files."""

    name: str
    place: Place
    folder: Path

    def forget(self, ledger: Ledger) -> None:
        """Have SQLite and the operating system forget every page; PostgreSQL keeps its 128 MB."""
        with ledger.read() as connection:
            connection.exec_driver_sql(
                "PRAGMA shrink_memory" if self.name == "sqlite" else "SELECT 1"
            )
        for path in self.folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(store: Store, asks: int, *, cold: bool) -> dict[str, list[float]]:
    """Milliseconds of each question, asked about somebody else each time."""
    drawn = random.Random(SEED)
    took: dict[str, list[float]] = {}
    ledger = Ledger(store.place)
    with ledger.read():  # to connect and to make sure of the tables is no question
        pass
    for _ in range(asks):
        for name, question in questions(drawn).items():
            if cold:
                store.forget(ledger)
            took.setdefault(name, []).append(_timed(ledger, question))
    ledger.close()
    return took


def pages(store: Store) -> dict[str, int]:
    """How many pages of the files each question touched, the most of a few."""
    drawn = random.Random(SEED)
    most: dict[str, int] = {}
    ledger = Ledger(store.place)
    for _ in range(COLD_ASKS):
        for name, question in questions(drawn).items():
            with ledger.read() as connection:
                touched = pages_touched(connection, question)
            most[name] = max(touched, most.get(name, 0))
    ledger.close()
    return most


def _timed(ledger: Ledger, question: Question) -> float:
    statement = question.statement()
    began = time.perf_counter()
    with ledger.read() as connection:
        connection.execute(statement).all()
    return (time.perf_counter() - began) * 1000


def measure_peer(store: Store, rows: int) -> float:
    """A page from the middle of the log, by rows to skip; our "prints, day" is the same page."""
    statement = select(print_log).order_by(print_log.c.wall_ms.desc()).limit(100).offset(rows // 2)
    ledger = Ledger(store.place)
    took = []
    for _ in range(PEER_ASKS):
        began = time.perf_counter()
        with ledger.read() as connection:
            connection.execute(statement).all()
        took.append((time.perf_counter() - began) * 1000)
    ledger.close()
    return percentile(took, 50)


@asynccontextmanager
async def stores(only: str | None) -> AsyncIterator[list[Store]]:
    """Both ledgers, empty."""
    with tempfile.TemporaryDirectory() as folder, postgres_folder() as cluster:
        sqlite = Store(name="sqlite", place=Path(folder) / "ledger.db", folder=Path(folder))
        if only == "sqlite":
            yield [sqlite]
            return
        async with postgres(cluster, FILLING) as server:
            address = PostgresAddress(url=server.url(), silence_s=FILL_S)
            postgresql = Store(name="postgresql", place=address, folder=cluster)
            yield [postgresql] if only else [sqlite, postgresql]


def fill(store: Store, rows: int) -> float:
    """Put the year into it; the seconds that it took."""
    began = time.perf_counter()
    ledger = Ledger(store.place)
    Year(rows=rows).put_into(ledger)
    ledger.close()
    return time.perf_counter() - began


def settle(store: Store) -> None:
    """Do what a database that runs for a year has behind it, and one just filled before it."""
    if isinstance(store.place, PostgresAddress):
        with psycopg.connect(store.place.url, autocommit=True) as server:
            server.execute("VACUUM (ANALYZE)")
            server.execute("CHECKPOINT")
    else:
        with closing(sqlite.connect(str(store.place))) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.sync()


def check_plans(store: Store) -> None:
    """No question reads a whole table. Errors: `BrokenInvariantError`, with the steps.

    PostgreSQL may sort where there are only a few rows: that is its guess, and not ours to forbid.
    """
    ledger = Ledger(store.place)
    with ledger.read() as connection:
        for name, question in questions(random.Random(SEED)).items():
            bad = bad_steps(connection, question)
            if store.name == "sqlite" or any("Seq Scan" in step for step in bad):
                check(not bad, f"{store.name}, {name}: {bad}")
    ledger.close()


def report(store: Store, rows: int, asks: int) -> Figure:
    """Ask, tell how it went, and return the figure."""
    check_plans(store)
    warm = measure(store, asks, cold=False)
    os.sync()  # only what is on the disk can be forgotten
    cold = measure(store, COLD_ASKS, cold=True)
    touched = pages(store)
    print("  in memory: p50, p99; from the disk: p50, worst; pages of the files, at most")
    for name, each in warm.items():
        print(
            f"  {name:30} {percentile(each, 50):7.2f} {percentile(each, 99):7.2f} ms   "
            f"{percentile(cold[name], 50):7.1f} {max(cold[name]):7.1f} ms "
            f"{touched[name]:6}"
        )
    slowest = max(percentile(each, 99) for each in warm.values())
    peers = [measure_peer(store, rows) for _ in range(PEER_ROUNDS)]
    return Figure(
        name=f"print_log ({store.name}, {rows:,} rows)",
        value=slowest,
        unit="ms (slowest p99)",
        peer=percentile(peers, 50),
        target=f"<= {TARGET_MS} ms",
        met=slowest <= TARGET_MS,
        what=f"print log, movements, sums: slowest p99 of {len(warm)} questions ({store.name})",
        beside="a page from the middle by OFFSET",
        rounds=tuple(
            max(max(each[turn::PEER_ROUNDS]) for each in warm.values()) / peer
            for turn, peer in enumerate(peers)
        ),
    )


async def main(rows: int, only: str | None, asks: int) -> list[Figure]:
    """Fill and ask each store."""
    figures = []
    async with stores(only) as found:
        for store in found:
            print(f"{store.name}: {rows:,} prints put in {fill(store, rows):.0f} s", flush=True)
            settle(store)
            figures.append(report(store, rows, asks))
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--asks", type=int, default=ASKS)
    run = begin("print_log", __doc__, parser)
    asked, _ = parser.parse_known_args()
    sys.exit(run.end(*asyncio.run(main(asked.rows, asked.only, asked.asks))))
