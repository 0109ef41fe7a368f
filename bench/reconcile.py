"""100,000 entries that a site wrote while it was cut off, from its journal to exact balances.

A real primary and a real site on loopback, over mutual TLS. The clock runs from the first byte of
the site's connection to the moment when the watermark in the directory covers the last entry and
every balance there is what the journal says; ledger, print log and sums by day are then compared
with the journal, row by row or sum by sum. On this way each entry is read from the site's journal,
packed, sent, unpacked, its hash chain and its body checked, kept with its movement and its print,
and taken off its balance.

The peer, in turns with it: PostgreSQL, which keeps the same rows and moves the same balances.
`python -m bench.reconcile 20000` takes fewer entries.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite

from bench.catch_up import BALANCE, USER, writing
from bench.figure import Figure
from bench.offline_day import offline_day, users
from bench.postgres import find_postgres, make_folder
from bench.reconcile_peer import peer_rates
from bench.run import begin
from bench.wire_bytes import counters
from chaos.live.lab import LabPlan, open_lab
from chaos.live.postgres import postgres
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from failure_modes.errors import check
from replication.adapters.system_clock import SystemClock
from replication.entry_bodies import JobPrinted, movement, user_payer
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode
    from replication.journal import Entry
    from site_server.store.unit_of_work import UnitOfWork

SITE: Final = "oslo"
ENTRIES: Final = 100_000
ROUNDS: Final = 3
PIECE: Final = 5_000
CREDIT_MICROS: Final = 10**12
PATIENCE_MS: Final = 120_000
LOOK_EVERY_MS: Final = 5
TARGET_RATIO: Final = 1.0
WATERMARK: Final = "SELECT seq FROM watermarks WHERE site_name = ?"
BALANCES: Final = "SELECT payer, balance_micros FROM balances WHERE payer LIKE 'user:user%'"
LEDGERED: Final = "SELECT seq, entry_hash, disputed FROM entries WHERE site_name = ? ORDER BY seq"
PRINTED: Final = "SELECT count(*), sum(cost_micros), sum(copies * mono_pages) FROM print_log"
MOVED: Final = "SELECT count(*), -sum(amount_micros) FROM movements WHERE site_name = ?"
SUMS: Final = (
    "SELECT sum(printed), sum(cost_micros), sum(mono_pages) FROM daily_sums WHERE dimension = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Entries per second of each, one after the other."""

    ours: float
    paged: float
    staged: float

    @property
    def ratio(self) -> float:
        """Ours by the first of the peer's."""
        return self.ours / self.paged


async def fill(site: SiteNode, first_job: int, entries: int) -> list[Entry]:
    """Write an offline day into the journal of a site that is cut off; the day's entries."""
    bodies = islice(offline_day(first_job), entries)
    path = site.server.data_folder / "site.db"
    with closing(SiteStore(path, site_name=SITE, epoch=1, clock=SystemClock())) as store:

        def work(unit: UnitOfWork) -> None:
            for body in islice(bodies, PIECE):
                unit.journal.append(body)

        before = store.head().seq
        for _ in range(0, entries, PIECE):
            await store.write(work)
        return list(store.entries(before + 1, store.head().seq))


def balances_after(journal: Sequence[Entry]) -> dict[str, int]:
    """What everybody has once all of it took effect."""
    balances = {user_payer(name): CREDIT_MICROS for name in users()}
    for entry in journal:
        moved = movement(entry.parsed())
        if moved is not None:
            balances[moved.payer] += moved.amount_micros
    return balances


def open_ro(path: Path) -> Any:  # noqa: ANN401 - the driver has no types
    """A reader of a file that a running server writes."""
    return sqlite.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


async def our_rate(lab: Lab, journal: Sequence[Entry], fresh: int) -> float:
    """Entries per second of the last `fresh` ones of `journal`, which headquarters lacks."""
    data = lab.primary.server.data_folder
    wanted, last_seq = balances_after(journal), journal[-1].seq
    port, loop = lab.wans[SITE].listen_port, asyncio.get_running_loop()
    old = set(await counters(port))

    async def begun() -> float | None:
        return loop.time() if set(await counters(port)) - old else None

    with closing(open_ro(data / "directory.db")) as directory:

        async def covered() -> bool:
            directory.execute("BEGIN")
            seq = (directory.execute(WATERMARK, (SITE,)).fetchone() or (0,))[0]
            exact = seq == last_seq and dict(directory.execute(BALANCES)) == wanted
            directory.execute("COMMIT")
            check(exact or seq < last_seq, "the watermark covers all, but a balance is wrong")
            return exact

        await lab.heal(SITE)
        begin_s = await until(begun, "a link", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
        await until(covered, "the last entry", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
        took_s = loop.time() - begin_s
    check_ledger(data / "ledger.db", journal)
    return fresh / took_s


def check_ledger(path: Path, journal: Sequence[Entry]) -> None:
    """Everything of the journal is there once, nothing else, and the sums are its sums."""
    printed = [body for entry in journal if isinstance(body := entry.parsed(), JobPrinted)]
    cost = sum(body.cost_micros for body in printed)
    pages = sum(body.copies * body.mono_pages for body in printed)
    with closing(open_ro(path)) as ledger:
        found = ledger.execute(LEDGERED, (SITE,)).fetchall()
        check(found == [(e.seq, e.entry_hash, "") for e in journal], "the ledger is no copy")
        moved = ledger.execute(MOVED, (SITE,)).fetchone()
        check(moved == (len(printed), cost), f"movements: {moved}")
        rows = ledger.execute(PRINTED).fetchone()
        check(rows == (len(printed), cost, pages), f"print log: {rows}")
        for dimension in ("site", "printer", "user"):
            sums = ledger.execute(SUMS, (dimension,)).fetchone()
            check(sums == (len(printed), cost, pages), f"sums by day of each {dimension}: {sums}")


@asynccontextmanager
async def headquarters(folder: Path) -> AsyncIterator[tuple[Lab, SiteNode]]:
    """A running primary that knows everybody, and a site that has its directory."""
    async with open_lab(LabPlan(folder=folder, site_names=(SITE,), wan=WanChoice.RELAY)) as lab:
        await lab.start_primary()
        with closing(writing(lab)) as directory:
            directory.executemany(USER, [(name, name) for name in users()])
            directory.executemany(BALANCE, [(user_payer(n), CREDIT_MICROS) for n in users()])
        (await lab.primary.api.patch("/users/ada", {"full_name": "0"})).expect("tell litestream")
        site = await lab.start_site(SITE)
        txid = await lab.primary.api.txid()
        await until(lambda: site.has_directory(txid), "a replica", within_ms=PATIENCE_MS)
        yield lab, site


async def measure(folder: Path, entries: int) -> list[Round]:
    """Both, round by round."""
    rounds: list[Round] = []
    journal: list[Entry] = []
    async with (
        postgres(make_folder(folder / "postgres"), found=find_postgres()) as peer,
        headquarters(folder / "lab") as (lab, site),
    ):
        for number in range(ROUNDS):
            await lab.cut(SITE)
            fresh = await fill(site, number * entries, entries)
            journal += fresh
            paged, staged = await asyncio.to_thread(peer_rates, peer.url(), fresh)
            ours = await our_rate(lab, journal, len(fresh))
            rounds.append(Round(ours=ours, paged=paged, staged=staged))
            print(
                f"ours {ours:,.0f}/s, PostgreSQL in pages of 1,000 {paged:,.0f}/s, staged by COPY "
                f"{staged:,.0f}/s, ratio {rounds[-1].ratio:.2f}"
            )
    return rounds


def main() -> int:
    """Measure and print the figure."""
    run = begin("reconcile", __doc__)
    entries = run.numbers[0] if run.numbers else ENTRIES
    if find_postgres() is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        rounds = asyncio.run(measure(Path(name), entries))
    ratios = sorted(each.ratio for each in rounds)
    print(f"ratios of the rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    print(f"to PostgreSQL by COPY: {median(each.ours / each.staged for each in rounds):.2f}")
    middle = sorted(rounds, key=lambda each: each.ratio)[len(rounds) // 2]
    figure = Figure(
        name="reconcile",
        value=middle.ours,
        unit="entries/s",
        peer=middle.paged,
        target=f"ratio >= {TARGET_RATIO:g}",
        met=middle.ratio >= TARGET_RATIO,
        what=f"{entries:,} offline entries of a site, from its journal to exact balances",
        beside="PostgreSQL, inserts and updates in pages of 1,000",
        rounds=tuple(each.ratio for each in rounds),
    )
    return run.end(figure)


if __name__ == "__main__":
    sys.exit(main())
