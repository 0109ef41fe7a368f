"""Until a new site with a directory of 200,000 users is ready, and what crosses the wire for it.

A real primary and a site that has joined and never ran. Time runs from the site's first connection
to the moment in which a reader at the site finds the last row of the newest directory. The peer is
a new PostgreSQL subscription of the same rows with the same indexes, from its command to the moment
in which all tables are in sync. Both go through the same kind of relay on loopback, which has the
kernel count TCP's bytes, both ways; PostgreSQL without TLS, which is in its favour.

They take turns, and the middle one of all rounds counts. A round each with fewer users shows how it
grows.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import psycopg
import pysqlite3.dbapi2 as sqlite

from bench.counted_relay import CountedRelay
from bench.directory_rows import TABLES, fill_directory, rows_of
from bench.figure import Figure, ratios
from bench.plot import Line, Plot
from bench.postgres import LOGICAL, find_postgres, make_folder
from bench.run import begin
from chaos.live.lab import Lab, LabPlan, open_lab
from chaos.live.postgres import OWNER, postgres
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from replication.position import Position

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from chaos.live.postgres import Postgres

USERS: Final = 200_000
GROWTH: Final = (2_000, 20_000)
ROUNDS: Final = 3
PATIENCE_MS: Final = 120_000
LOOK_EVERY_MS: Final = 4
TIME_TARGET_RATIO: Final = 0.5
BYTES_TARGET_RATIO: Final = 0.6
TITLES: Final = {
    "bootstrap": "Until a new site is ready",
    "bootstrap_bytes": "What crosses the wire for a new site",
}
QUERY: Final = "SELECT 1 FROM memberships WHERE user_name = ?"
NOT_IN_SYNC: Final = (
    "SELECT count(*) FILTER (WHERE srsubstate IN ('r', 's')) = {tables} FROM pg_subscription_rel"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One new copy."""

    took_s: float
    bytes: int
    from_start_s: float = 0.0
    """From the start of the site's process."""


async def new_site(lab: Lab, name: str, users: int) -> Ready:
    """A site that joins, and then starts for the first time."""
    txid = await lab.primary.api.txid()
    with CountedRelay(lab.primary.server.ports["link"]) as relay:
        site = await lab.join_site(name, dial_port=relay.port)
        relay.restart_count()
        replica = site.server.data_folder / "replica.db"

        async def is_ready() -> float | None:
            return time.perf_counter() if _is_ready(replica, txid, users) else None

        begin_s = time.perf_counter()
        async with asyncio.TaskGroup() as both:
            both.create_task(site.start())
            seen = both.create_task(
                until(is_ready, "a replica", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
            )
        moved = relay.passed_bytes()
        end_s, first_s = seen.result(), relay.first_s or begin_s
        await site.server.stop()
    return Ready(took_s=end_s - first_s, bytes=moved, from_start_s=end_s - begin_s)


def _is_ready(replica: Path, txid: int, users: int) -> bool:
    """Whether a reader finds the newest directory there, as the site's own readers look."""
    position = replica.with_suffix(".position")
    if not position.exists() or Position.parse(position.read_text().strip()).txid < txid:
        return False
    with closing(sqlite.connect(f"file:{replica}?mode=ro", uri=True)) as reader:
        return reader.execute(QUERY, (f"user{users:06}",)).fetchone() is not None


async def new_subscription(publisher: Postgres, subscriber: Postgres, name: str) -> Ready:
    """A database without rows that subscribes to all tables."""
    await subscriber.sql(f"CREATE DATABASE {name}")
    schema = (statement for table in TABLES.values() for statement in table)
    await subscriber.sql(*schema, database=name)
    in_sync = NOT_IN_SYNC.format(tables=len(TABLES))
    with CountedRelay(publisher.port) as relay:
        source = f"host=127.0.0.1 port={relay.port} user={OWNER} dbname=postgres"
        url = subscriber.url(name)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as session:

            async def look() -> float | None:
                found = await (await session.execute(in_sync)).fetchone()
                return time.perf_counter() if found and found[0] else None

            begin_s = time.perf_counter()
            await session.execute(
                f"CREATE SUBSCRIPTION {name} CONNECTION '{source}' PUBLICATION p".encode()
            )
            end_s = await until(
                look, "a subscription", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS
            )
            moved = relay.passed_bytes()
            await session.execute(f"DROP SUBSCRIPTION {name}".encode())
    return Ready(took_s=end_s - begin_s, bytes=moved)


async def fill_postgres(publisher: Postgres, users: int) -> None:
    """The same rows at the publisher."""
    async with await psycopg.AsyncConnection.connect(publisher.url()) as session:
        for table in TABLES:
            async with session.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in rows_of(table, users):
                    await copy.write_row(row)
    await publisher.sql("VACUUM ANALYZE")


async def fill(lab: Lab, users: int) -> None:
    """Fill the directory; return once headquarters has told of it, and packed it."""
    former = await lab.primary.api.txid()
    await asyncio.to_thread(fill_directory, lab, users)
    (await lab.primary.api.patch("/users/ada", {"full_name": "Ada"})).expect("a change")
    packed = lab.primary.server.data_folder / "packed"
    before = set(packed.glob("*.packed"))

    async def is_settled() -> bool:
        health = await lab.primary.api.health()
        is_well = health.status == HTTPStatus.OK
        return (
            is_well
            and await lab.primary.api.txid() > former
            and set(packed.glob("*.packed")) != before
        )

    await until(is_settled, "the directory to be written", within_ms=PATIENCE_MS)


@asynccontextmanager
async def servers_of(folder: Path, programs: Path) -> AsyncIterator[tuple[Postgres, Postgres]]:
    """PostgreSQL twice; the first one publishes all tables."""
    async with (
        postgres(folder / "publisher", LOGICAL, programs) as publisher,
        postgres(folder / "subscriber", LOGICAL, programs) as subscriber,
    ):
        await publisher.sql(*(statement for table in TABLES.values() for statement in table))
        await publisher.sql("CREATE PUBLICATION p FOR ALL TABLES")
        yield publisher, subscriber


async def measure(folder: Path, programs: Path) -> list[tuple[Ready, Ready]]:
    """All rounds: ours, and the peer; an installation of its own for each number of users."""
    found = [await measure_size(folder / f"{users}", programs, users, 1) for users in GROWTH]
    found.append(await measure_size(folder / f"{USERS}", programs, USERS, ROUNDS))
    return [pair for size in found for pair in size]


async def measure_size(
    folder: Path, programs: Path, users: int, rounds: int
) -> list[tuple[Ready, Ready]]:
    """So many rounds with so many users."""
    await asyncio.to_thread((folder / "lab").mkdir, parents=True)
    names = tuple(f"site{number}" for number in range(rounds))
    plan = LabPlan(folder=folder / "lab", site_names=names, wan=WanChoice.RELAY)
    found: list[tuple[Ready, Ready]] = []
    async with (
        open_lab(plan) as lab,
        servers_of(make_folder(folder / "postgres"), programs) as (publisher, subscriber),
    ):
        await lab.start_primary()
        for name in names:
            (await lab.primary.api.put(f"/sites/{name}", {"title": name})).expect("a new site")
        await fill(lab, users)
        await fill_postgres(publisher, users)
        for name in names:
            ours = await new_site(lab, name, users)
            found.append((ours, await new_subscription(publisher, subscriber, name)))
            _tell(users, *found[-1])
    return found


def _tell(users: int, ours: Ready, peer: Ready) -> None:
    print(
        f"{users:,} users: site {ours.took_s:.2f} s, {ours.bytes / 1e6:.2f} MB, "
        f"{ours.from_start_s:.2f} s from process start; PostgreSQL {peer.took_s:.2f} s, "
        f"{peer.bytes / 1e6:.2f} MB"
    )


def plots(found: list[tuple[Ready, Ready]]) -> list[Plot]:
    """Time and bytes by users."""
    users = (*GROWTH, USERS)
    rounds = [*found[: len(GROWTH)], sorted(found[len(GROWTH) :], key=lambda p: p[0].took_s)[1]]
    labels = ("a new site", "a new PostgreSQL subscription")

    def plot(name: str, y: str, value: Callable[[Ready], float]) -> Plot:
        lines = tuple(
            Line(
                label=label,
                points=tuple(
                    (count, round(value(pair[side]), 3))
                    for count, pair in zip(users, rounds, strict=True)
                ),
            )
            for side, label in enumerate(labels)
        )
        return Plot(name=name, title=TITLES[name], x="users", y=y, lines=lines)

    return [
        plot("bootstrap", "seconds", lambda ready: ready.took_s),
        plot("bootstrap_bytes", "MB", lambda ready: ready.bytes / 1e6),
    ]


def figure_of(name: str, found: list[tuple[Ready, Ready]], *, is_time: bool) -> Figure:
    """Time, or bytes, of the full rounds."""
    ours, peers = (
        [pair[side].took_s if is_time else pair[side].bytes / 1e6 for pair in found]
        for side in (0, 1)
    )
    bound = TIME_TARGET_RATIO if is_time else BYTES_TARGET_RATIO
    return Figure(
        name=name,
        value=median(ours),
        unit="s" if is_time else "MB",
        peer=median(peers),
        target=f"ratio <= {bound}",
        met=median(ours) <= bound * median(peers),
        what=f"a new site ready with {USERS:,} users, each with balance, card and group"
        if is_time
        else "the same, bytes on the wire, both ways",
        beside="PostgreSQL, a new subscription of the same rows and indexes",
        rounds=ratios(ours, peers),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("bootstrap", __doc__)
    programs = find_postgres()
    if programs is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        found = asyncio.run(measure(Path(name), programs))
    full = found[len(GROWTH) :]
    return run.end(
        figure_of("bootstrap", full, is_time=True),
        figure_of("bootstrap, bytes", full, is_time=False),
        plots=plots(found),
    )


if __name__ == "__main__":
    sys.exit(main())
