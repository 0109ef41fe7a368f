"""How long people wait for the print log, the movements and the sums, on a ledger of many rows.

    python -m bench.print_log [--rows 1000000] [--only sqlite|postgresql]

Both stores are filled with the same prints: a year of 200,000 users at 1,000 sites with three
printers each, ten accounts that pay for a tenth of it. The peer is the same store asked for the
a page of the middle the common way: by the number of rows to skip (OFFSET).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from bench.figure import Figure, percentile
from chaos.live.postgres import postgres, postgres_folder
from primary.store.dialects import BulkRows
from primary.store.ledger import Ledger
from primary.store.ledger_queries import RowKey, SumsWanted, Wanted, prints, sums
from primary.store.ledger_queries import moved as movements_of
from primary.store.ledger_sums import DAY_MS, add_to_sums
from primary.store.ledger_tables import daily_sums, entries, movements, print_log
from primary.store.postgres import PostgresAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from primary.store.ledger import Place

ROWS: Final = 1_000_000
USERS: Final = 200_000
SITES: Final = 1_000
PRINTERS_PER_SITE: Final = 3
ACCOUNTS: Final = 10
DAYS: Final = 365
BEGIN_MS: Final = 20_454 * DAY_MS
ROWS_AT_ONCE: Final = 50_000
ASKS: Final = 40
PEER_ASKS: Final = 3
TARGET_MS: Final = 100
SEED: Final = 11
Row = tuple[Any, ...]

_ENTRY_COLUMNS: Final = tuple(column.name for column in entries.columns)[1:]
_INTO_ENTRIES: Final = BulkRows(entries, _ENTRY_COLUMNS)
_INTO_MOVEMENTS: Final = BulkRows(movements, [column.name for column in movements.columns])
_INTO_PRINTS: Final = BulkRows(print_log, [column.name for column in print_log.columns])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of the three tables, in the order of their columns."""

    entries: list[Row]
    movements: list[Row]
    prints: list[Row]


def year_of(rows: int) -> Iterator[Part]:
    """The same year each time, part by part, in the order in which it happened."""
    drawn = random.Random(SEED)
    seqs = [0] * SITES
    for first in range(0, rows, ROWS_AT_ONCE):
        part = Part(entries=[], movements=[], prints=[])
        for number in range(first, min(rows, first + ROWS_AT_ONCE)):
            _print(part, drawn, seqs, BEGIN_MS + number * DAYS * DAY_MS // rows)
        yield part


def _print(part: Part, drawn: random.Random, seqs: list[int], wall_ms: int) -> None:
    site = drawn.randrange(SITES)
    seqs[site] += 1
    key = (f"site{site}", 1, seqs[site])
    user_name = f"user{drawn.randrange(USERS)}"
    printer_name = f"{key[0]}-{drawn.randrange(PRINTERS_PER_SITE)}"
    is_shared = not drawn.randrange(ACCOUNTS)
    payer = f"account:a{drawn.randrange(ACCOUNTS)}" if is_shared else f"user:{user_name}"
    cost_micros, pages, uuid = 50_000, drawn.randrange(1, 9), f"{site:04x}-{seqs[site]:08x}"
    body = f'{{"cost_micros":{cost_micros},"job_uuid":"{uuid}"}}'
    part.entries.append((*key, "job_printed", 1, wall_ms, body, "", "", wall_ms, ""))
    part.movements.append((*key, payer, -cost_micros, wall_ms, printer_name))
    who = (user_name, printer_name, payer)
    part.prints.append((*key, wall_ms, uuid, "print", *who, cost_micros, pages, 0, 1))


def fill(ledger: Ledger, rows: int) -> float:
    """Put the year into the ledger, sums and all; the seconds that it took.

    The indexes are made afterwards, as for any load of that size; an ingest keeps them as it goes.
    """

    def put(part: Part) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            _INTO_ENTRIES(connection, part.entries)
            _INTO_MOVEMENTS(connection, part.movements)
            _INTO_PRINTS(connection, part.prints)
            add_to_sums(connection, part.movements, part.prints)

        return work

    indexes = [each for table in (print_log, movements, daily_sums) for each in table.indexes]
    spent = 0.0

    def each_index(*, make: bool) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            for index in indexes:
                (index.create if make else index.drop)(connection)

        return work

    ledger.write_now(each_index(make=False))
    for part in year_of(rows):
        began = time.perf_counter()
        ledger.write_now(put(part))
        spent += time.perf_counter() - began
    began = time.perf_counter()
    ledger.write_now(each_index(make=True))
    return spent + time.perf_counter() - began


def questions(drawn: random.Random) -> dict[str, Callable[[Connection], object]]:
    """One question of each kind, about somebody drawn."""
    site = f"site{drawn.randrange(SITES)}"
    printer = f"{site}-{drawn.randrange(PRINTERS_PER_SITE)}"
    user, account = f"user{drawn.randrange(USERS)}", f"account:a{drawn.randrange(ACCOUNTS)}"
    day = BEGIN_MS // DAY_MS + drawn.randrange(1, DAYS)

    def page(**equal: str) -> Wanted:
        before = RowKey(wall_ms=(day + 1) * DAY_MS)
        return Wanted(equal=equal, from_ms=BEGIN_MS, before=before, limit=100)

    def total(dimension: str, name: str | None, days: int) -> SumsWanted:
        begin = max(BEGIN_MS // DAY_MS, day - days)
        return SumsWanted(
            dimension=dimension, name=name, from_day=begin, until_day=day, limit=1_000
        )

    return {
        "prints, user": lambda c: prints(c, page(user_name=user)),
        "prints, site": lambda c: prints(c, page(site_name=site)),
        "prints, printer": lambda c: prints(c, page(printer_name=printer)),
        "prints, account": lambda c: prints(c, page(payer=account)),
        "prints, day": lambda c: prints(c, page()),
        "prints, account at site": lambda c: prints(c, page(payer=account, site_name=site)),
        "movements, user": lambda c: movements_of(c, page(payer=f"user:{user}")),
        "movements, account": lambda c: movements_of(c, page(payer=account)),
        "movements, site": lambda c: movements_of(c, page(site_name=site)),
        "totals, a site's year": lambda c: sums(c, total("site", site, DAYS)),
        "totals, a user's year": lambda c: sums(c, total("user", user, DAYS)),
        "totals, all sites of a day": lambda c: sums(c, total("site", None, 0)),
        "totals, all users of a day": lambda c: sums(c, total("user", None, 0)),
    }


def measure(ledger: Ledger) -> dict[str, list[float]]:
    """Milliseconds of each question, asked about somebody else each time."""
    drawn = random.Random(SEED)
    took: dict[str, list[float]] = {}
    for _ in range(ASKS):
        for name, ask in questions(drawn).items():
            took.setdefault(name, []).append(_timed(ledger, ask))
    return took


def measure_peer(ledger: Ledger, rows: int) -> list[float]:
    """A page from the middle of the log, by rows to skip; our "prints, day" is the same page."""
    statement = select(print_log).order_by(print_log.c.wall_ms.desc()).limit(100).offset(rows // 2)
    return [_timed(ledger, lambda c: c.execute(statement).all()) for _ in range(PEER_ASKS)]


def _timed(ledger: Ledger, ask: Callable[[Connection], object]) -> float:
    began = time.perf_counter()
    with ledger.read() as connection:
        ask(connection)
    return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def places(only: str | None) -> AsyncIterator[dict[str, Place]]:
    """Where both ledgers are."""
    with tempfile.TemporaryDirectory() as folder, postgres_folder() as cluster:
        found: dict[str, Place] = {"sqlite": Path(folder) / "ledger.db"}
        if only == "sqlite":
            yield found
            return
        async with postgres(cluster) as server:
            found["postgresql"] = PostgresAddress(url=server.url())
            yield found if only is None else {only: found[only]}


def report(store: str, ledger: Ledger, rows: int) -> float:
    """Fill, ask, print; the slowest p99 of all questions."""
    seconds = fill(ledger, rows)
    print(f"{store}: {rows:,} prints put in {seconds:.0f} s", flush=True)
    if store == "postgresql":
        ledger.write_now(lambda connection: connection.exec_driver_sql("ANALYZE"))
    took = measure(ledger)
    for name, each in took.items():
        print(f"  {name:28} p50 {percentile(each, 50):7.2f} ms  p99 {percentile(each, 99):7.2f} ms")
    slowest = max(percentile(each, 99) for each in took.values())
    peer = percentile(measure_peer(ledger, rows), 50)
    figure = Figure(
        name=f"print_log ({store})",
        value=slowest,
        unit="ms (slowest p99)",
        peer=peer,
        target=f"<= {TARGET_MS} ms",
        met=slowest <= TARGET_MS,
    )
    print(figure.line())
    return slowest


async def main(rows: int, only: str | None) -> None:
    """Fill and ask each store."""
    async with places(only) as found:
        for store, place in found.items():
            ledger = Ledger(place)
            report(store, ledger, rows)
            ledger.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    asked = parser.parse_args()
    asyncio.run(main(asked.rows, asked.only))
