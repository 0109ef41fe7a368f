"""Until a new site with a directory of 200,000 users is ready, and what crosses the wire for it.

A real primary and a site that has joined and never ran. Time runs from the site's first connection
to the moment in which a reader at the site finds the last row of the newest directory. The peer is
a new PostgreSQL subscription of the same rows with the same indexes, from its command to the moment
in which all tables are in sync. Both go through the same kind of relay on loopback, which has the
kernel count TCP's bytes, both ways; PostgreSQL without TLS, which is in its favour.

They take turns, and the middle one of all rounds counts.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import pysqlite3.dbapi2 as sqlite

from bench.counted_relay import CountedRelay
from bench.directory_rows import TABLES, fill_directory, rows_of
from bench.figure import Figure, machine
from bench.postgres import LOGICAL, find_postgres, make_folder
from chaos.live.lab import Lab, LabPlan, open_lab
from chaos.live.postgres import OWNER, postgres
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from replication.position import Position

if TYPE_CHECKING:
    from chaos.live.postgres import Postgres

USERS: Final = 200_000
ROUNDS: Final = 3
PATIENCE_MS: Final = 120_000
LOOK_EVERY_MS: Final = 4
TIME_TARGET_RATIO: Final = 0.5
BYTES_TARGET_RATIO: Final = 0.6
LAST: Final = f"user{USERS:06}"
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


async def new_site(lab: Lab, name: str, txid: int) -> Ready:
    """A site that joins, and then starts for the first time."""
    with CountedRelay(lab.primary.server.ports["link"]) as relay:
        site = await lab.join_site(name, dial_port=relay.port)
        relay.restart_count()
        replica = site.server.data_folder / "replica.db"

        async def is_ready() -> float | None:
            return time.perf_counter() if _is_ready(replica, txid) else None

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


def _is_ready(replica: Path, txid: int) -> bool:
    """Whether a reader finds the newest directory there, as the site's own readers look."""
    position = replica.with_suffix(".position")
    if not position.exists() or Position.parse(position.read_text().strip()).txid < txid:
        return False
    with closing(sqlite.connect(f"file:{replica}?mode=ro", uri=True)) as reader:
        return reader.execute(QUERY, (LAST,)).fetchone() is not None


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


async def fill_postgres(publisher: Postgres) -> None:
    """The same rows at the publisher."""
    await publisher.sql(*(statement for table in TABLES.values() for statement in table))
    async with await psycopg.AsyncConnection.connect(publisher.url()) as session:
        for table in TABLES:
            async with session.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in rows_of(table, USERS):
                    await copy.write_row(row)
    await publisher.sql("CREATE PUBLICATION p FOR ALL TABLES", "VACUUM ANALYZE")


async def filled(lab: Lab) -> None:
    """Fill the directory; return once headquarters has told of it, and packed it."""
    former = await lab.primary.api.txid()
    await asyncio.to_thread(fill_directory, lab, USERS)
    (await lab.primary.api.patch("/users/ada", {"full_name": "Ada"})).expect("a change")
    packed = lab.primary.server.data_folder / "packed"

    async def is_settled() -> bool:
        health = await lab.primary.api.health()
        is_well = health.status == HTTPStatus.OK
        return is_well and await lab.primary.api.txid() > former and any(packed.glob("*.packed"))

    await until(is_settled, "the directory to be written", within_ms=PATIENCE_MS)


async def measure(folder: Path) -> tuple[list[Ready], list[Ready]]:
    """All rounds of both."""
    programs = find_postgres()
    ours: list[Ready] = []
    peers: list[Ready] = []
    names = tuple(f"site{number}" for number in range(ROUNDS))
    async with AsyncExitStack() as stack:
        plan = LabPlan(folder=folder / "lab", site_names=names, wan=WanChoice.RELAY)
        lab = await stack.enter_async_context(open_lab(plan))
        await lab.start_primary()
        for name in names:
            (await lab.primary.api.put(f"/sites/{name}", {"title": name})).expect("a new site")
        await filled(lab)
        pair: tuple[Postgres, Postgres] | None = None
        if programs is not None:
            where = make_folder(folder / "postgres")
            servers = [
                await stack.enter_async_context(postgres(where / name, LOGICAL, programs))
                for name in ("publisher", "subscriber")
            ]
            pair = servers[0], servers[1]
            await fill_postgres(pair[0])
        for name in names:
            txid = await lab.primary.api.txid()
            ours.append(await new_site(lab, name, txid))
            if pair is not None:
                peers.append(await new_subscription(*pair, name))
    return ours, peers


def _tell(who: str, rounds: list[Ready]) -> None:
    for one in rounds:
        since = f", {one.from_start_s:.2f} s from process start" if one.from_start_s else ""
        print(f"{who}: {one.took_s:.2f} s, {one.bytes / 1e6:.2f} MB{since}")


def main() -> int:
    """Measure and print the figure."""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        ours, peers = asyncio.run(measure(Path(name)))
    _tell("site", ours)
    if not peers:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    _tell("PostgreSQL", peers)
    print(machine())
    took_s, peer_s = (statistics.median(one.took_s for one in each) for each in (ours, peers))
    moved, peer_bytes = (statistics.median(one.bytes for one in each) for each in (ours, peers))
    bytes_ratio = moved / peer_bytes
    print(
        f"bytes: {moved / 1e6:.2f} MB, peer {peer_bytes / 1e6:.2f}, ratio {bytes_ratio:.2f}, "
        f"target <= {BYTES_TARGET_RATIO}"
    )
    figure = Figure(
        name="bootstrap",
        value=took_s,
        unit="s",
        peer=peer_s,
        target=f"time <= {TIME_TARGET_RATIO} and bytes <= {BYTES_TARGET_RATIO} of the peer",
        met=took_s <= TIME_TARGET_RATIO * peer_s and bytes_ratio <= BYTES_TARGET_RATIO,
    )
    print(figure.line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
