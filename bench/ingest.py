"""How many journal entries a second the primary takes in: hash chain, ledger, balances, watermark.

Four sites send batches of 1,000 entries at once to a real `Ingest` over real files (WAL, FULL);
every fifth entry moves money. The peer does the least that any ledger in SQLite must do with the
same rows in the same run: insert or ignore them and move the balances, one transaction per batch,
no hash chain, no check of the body, no second file.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import insert

from bench.figure import Figure
from bench.run import begin
from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.adapters.interpreter import set_interpreter
from replication.adapters.system_clock import SystemClock
from replication.entry_bodies import Body, JobAccepted, JobPrinted, movement, user_payer
from replication.exchange import PACKED_ENTRIES_MAX
from replication.journal import Entry, JournalHead, next_entry
from replication.ports import WallMs
from replication.schema.directory import balances

SITES: Final = 4
ENTRIES_PER_SITE: Final = 10_000
USERS: Final = 2_000
FACTS_PER_JOB: Final = 5
COST_MICROS: Final = 50_000
ROUNDS: Final = 3
TARGET_RATIO: Final = 0.2
NOW_MS: Final = WallMs(1_800_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Both rates, one after the other, in entries per second."""

    ours: float
    peer: float


def journal_of(site_name: str) -> list[Entry]:
    """A journal as a busy site writes it: four facts of a job, then its print."""
    head = JournalHead(site_name=site_name, epoch=1)
    entries = []
    for number in range(ENTRIES_PER_SITE):
        entry = next_entry(head, body_of(number, f"user{number % USERS}"), NOW_MS)
        entries.append(entry)
        head = entry.head
    return entries


def body_of(number: int, user_name: str) -> Body:
    """The fact of that number in the life of a busy site."""
    job_uuid = f"{number // FACTS_PER_JOB:08x}-0000-4000-8000-000000000000"
    if number % FACTS_PER_JOB == FACTS_PER_JOB - 1:
        return JobPrinted(
            job_uuid=job_uuid,
            user_name=user_name,
            printer_name="p1",
            fence=1,
            payer=user_payer(user_name),
            cost_micros=COST_MICROS,
            mono_pages=3,
            colour_pages=1,
            copies=1,
        )
    return JobAccepted(
        job_uuid=job_uuid,
        user_name=user_name,
        queue_name="q1",
        job_name="minutes.pdf",
        bytes=40_000,
        sha256="0" * 64,
    )


async def measure_ingest(folder: Path, journals: list[list[Entry]]) -> float:
    """Entries per second through the primary's own way in."""
    directory, ledger = Directory(folder / "directory.db"), Ledger(folder / "ledger.db")
    rows = [
        {"payer": user_payer(f"user{number}"), "balance_micros": 10**9} for number in range(USERS)
    ]
    await directory.write(lambda connection: connection.execute(insert(balances), rows))
    for journal in journals:
        await directory.put_site(journal[0].site_name, "bench")
    ingest = Ingest(directory, ledger, SystemClock())
    for journal in journals:
        ingest.uplinks.hear_clock(journal[0].site_name, NOW_MS, NOW_MS)

    async def feed(journal: list[Entry]) -> None:
        for first in range(0, len(journal), PACKED_ENTRIES_MAX):
            batch = journal[first : first + PACKED_ENTRIES_MAX]
            await ingest.receive(batch[0].site_name, 1, batch)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as feeding:
        for journal in journals:
            feeding.create_task(feed(journal))
    seconds = time.perf_counter() - began
    directory.close()
    ledger.close()
    return SITES * ENTRIES_PER_SITE / seconds


def measure_peer(folder: Path, journals: list[list[Entry]]) -> float:
    """Entries per second of the bare inserts and balance updates."""
    database = sqlite.connect(str(folder / "peer.db"), isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        (
            "CREATE TABLE entries (site TEXT, epoch INT, seq INT, kind TEXT, body TEXT, "
            "prev TEXT, hash TEXT, PRIMARY KEY (site, epoch, seq)) WITHOUT ROWID"
        ),
        "CREATE TABLE balances (payer TEXT PRIMARY KEY, micros INT NOT NULL) WITHOUT ROWID",
    ):
        database.execute(statement)
    database.executemany(
        "INSERT INTO balances VALUES (?, 1000000000)",
        [(user_payer(f"user{number}"),) for number in range(USERS)],
    )
    work = [
        (_rows(batch), _debits(batch))
        for journal in journals
        for batch in (
            journal[first : first + PACKED_ENTRIES_MAX]
            for first in range(0, len(journal), PACKED_ENTRIES_MAX)
        )
    ]
    began = time.perf_counter()
    for rows, debits in work:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        database.executemany("UPDATE balances SET micros = micros + ? WHERE payer = ?", debits)
        database.execute("COMMIT")
    seconds = time.perf_counter() - began
    database.close()
    return SITES * ENTRIES_PER_SITE / seconds


def _rows(batch: list[Entry]) -> list[tuple[object, ...]]:
    return [(e.site_name, e.epoch, e.seq, e.kind, e.body, e.prev_hash, e.entry_hash) for e in batch]


def _debits(batch: list[Entry]) -> list[tuple[int, str]]:
    moved = (movement(entry.parsed()) for entry in batch)
    return [(one.amount_micros, one.payer) for one in moved if one is not None]


def _round(journals: list[list[Entry]]) -> Round:
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        peer = measure_peer(Path(name), journals)
        ours = asyncio.run(measure_ingest(Path(name), journals))
    print(f"ours {ours:,.0f}/s, plain SQLite {peer:,.0f}/s")
    return Round(ours=ours, peer=peer)


def main() -> int:
    """Measure both and print the figure."""
    run = begin("ingest", __doc__)
    set_interpreter()  # as the server does
    journals = [journal_of(f"site{number}") for number in range(SITES)]
    print(f"{SITES} sites x {ENTRIES_PER_SITE} entries in batches of {PACKED_ENTRIES_MAX}")
    rounds = [_round(journals) for _ in range(ROUNDS)]
    ours = median(each.ours for each in rounds)
    peer = median(each.peer for each in rounds)
    figure = Figure(
        name="ingest",
        value=ours,
        unit="entries/s",
        peer=peer,
        target=f"ratio >= {TARGET_RATIO}",
        met=ours / peer >= TARGET_RATIO,
        what=f"journal ingest at the primary, batches of {PACKED_ENTRIES_MAX:,}",
        beside="bare inserts and updates in plain SQLite",
        rounds=tuple(each.ours / each.peer for each in rounds),
    )
    return run.end(figure)


if __name__ == "__main__":
    sys.exit(main())
