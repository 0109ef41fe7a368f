"""What a site fetches, and how long, after 100,000 updates of 50,000 rows while it was cut off.

A real primary with 200,000 users, link and site. Three times the WAN is cut, the rows are updated,
the WAN heals; time runs from the first byte of the new connection to the moment when a reader at
the site sees the last update. Bytes are those of TCP, both ways, as the kernel counts them. Beside
it stands what the same site would have fetched as LTX files. The peer, a PostgreSQL subscription
that was disabled meanwhile, gets the same updates of the same rows in the same run, on loopback,
without TLS.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite

from bench.figure import Figure, ratios
from bench.lag_readers import reader_of
from bench.postgres import find_postgres, make_folder, replicating
from bench.run import begin
from bench.wire_bytes import counters
from chaos.live.lab import Lab, LabPlan, open_lab
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from replication.adapters.ltx_folder import scan_ltx
from replication.plan import cost, plan

if TYPE_CHECKING:
    from bench.postgres import Pair

SITE: Final = "oslo"
USERS: Final = 200_000
CHANGED: Final = 50_000
UPDATES: Final = 100_000
ROUNDS: Final = 3
UPDATES_PER_COMMIT: Final = 1_000
PATIENCE_MS: Final = 120_000
LOOK_EVERY_MS: Final = 5
BYTES_TARGET_RATIO: Final = 0.25
TIME_TARGET_RATIO: Final = 0.5
USER: Final = "INSERT INTO users (user_name, full_name, enabled, restricted) VALUES (?, ?, 1, 1)"
BALANCE: Final = "INSERT INTO balances (payer, balance_micros) VALUES (?, ?)"
SPEND: Final = "UPDATE balances SET balance_micros = balance_micros - ? WHERE payer = ?"
TABLE: Final = "CREATE TABLE balances (payer text PRIMARY KEY, balance_micros bigint NOT NULL)"
QUERY: Final = "SELECT balance_micros FROM balances WHERE payer = 'last'"
LAST: Final = "UPDATE balances SET balance_micros = {} WHERE payer = 'last'"
STEP: Final = 7_919
"""Prime to both counts: the changed rows lie anywhere, and each amount is another."""
FILL: Final = (
    f"INSERT INTO balances SELECT 'user:user' || n, 1000000 FROM generate_series(1, {USERS}) n",  # noqa: S608
    "INSERT INTO balances VALUES ('last', 0)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One way of catching up."""

    bytes: int
    took_s: float


def writing(lab: Lab) -> Any:  # noqa: ANN401 - the driver has no types
    """A connection to the primary's directory, which never checkpoints it."""
    path = lab.primary.server.data_folder / "directory.db"
    connection = sqlite.connect(str(path), isolation_level=None, timeout=30)
    for pragma in ("synchronous=FULL", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def fill(lab: Lab) -> None:
    """Many users."""
    with closing(writing(lab)) as directory:
        directory.execute("BEGIN IMMEDIATE")
        directory.executemany(USER, ((f"user{n}", f"User number {n}") for n in range(1, USERS + 1)))
        directory.executemany(BALANCE, ((f"user:user{n}", 10**6) for n in range(1, USERS + 1)))
        directory.execute("COMMIT")


def update(lab: Lab) -> None:
    """All updates, beside the running primary."""
    with closing(writing(lab)) as directory:
        for first in range(0, UPDATES, UPDATES_PER_COMMIT):
            numbers = range(first, first + UPDATES_PER_COMMIT)
            directory.execute("BEGIN IMMEDIATE")
            directory.executemany(
                SPEND,
                (
                    (n * STEP % 90_001, f"user:user{n % CHANGED * STEP % USERS + 1}")
                    for n in numbers
                ),
            )
            directory.execute("COMMIT")


async def update_peer(pair: Pair, number: int) -> None:
    """The same updates, in as many transactions."""
    for first in range(0, UPDATES, UPDATES_PER_COMMIT):
        last = first + UPDATES_PER_COMMIT - 1
        await pair.publisher.sql(
            f"UPDATE balances SET balance_micros = balance_micros - n::bigint * {STEP} % 90001"  # noqa: S608
            f" FROM generate_series({first}, {last}) n"
            f" WHERE payer = 'user:user' || ((n % {CHANGED})::bigint * {STEP} % {USERS} + 1)"
        )
    await pair.publisher.sql(LAST.format(number))


def ltx_bytes(lab: Lab, position_txid: int) -> int:
    """What the files weigh that lead from there to the head."""
    store = lab.primary.server.data_folder / "store"
    sizes = {name: status.st_size for name, status in scan_ltx(store)}
    chain = plan(position_txid, {name: cost(size) for name, size in sizes.items()})
    return sum(sizes[name] for name in chain)


async def our_catch_up(lab: Lab, number: int) -> tuple[Caught, int]:
    """Ours, and the bytes of the LTX files instead."""
    site = lab.sites[SITE]
    txid = await lab.primary.api.txid()
    await until(lambda: site.has_directory(txid), "a first replica", within_ms=PATIENCE_MS)
    look = reader_of(site.server.data_folder / "replica.db")
    port = lab.wans[SITE].listen_port
    await lab.cut(SITE)
    await asyncio.to_thread(update, lab)
    (await lab.primary.api.patch("/users/ada", {"full_name": f"{number}"})).expect(
        "the last update"
    )
    old = set(await counters(port))
    await lab.heal(SITE)
    loop = asyncio.get_running_loop()

    async def begun() -> float | None:
        now = await counters(port)
        return loop.time() if now.keys() - old else None

    async def seen() -> bool:
        return look() == f"{number}"

    begin_s = await until(begun, "a new link", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
    await until(seen, "the last update", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
    took_s = loop.time() - begin_s
    moved = sum(each.bytes for name, each in (await counters(port)).items() if name not in old)
    instead = await asyncio.to_thread(ltx_bytes, lab, txid)
    return Caught(bytes=moved, took_s=took_s), instead


async def peer_catch_up(pair: Pair, number: int) -> Caught:
    """PostgreSQL's subscription, disabled and enabled again."""
    await pair.subscriber.sql("ALTER SUBSCRIPTION s DISABLE")
    port = pair.publisher.port

    async def gone() -> bool:
        return not await counters(port)

    async def seen() -> bool:
        return await pair.subscriber.sql(QUERY) == f"{number}"

    await until(gone, "the subscription to stop", within_ms=PATIENCE_MS)
    await update_peer(pair, number)
    loop = asyncio.get_running_loop()
    begin_s = loop.time()
    await pair.subscriber.sql("ALTER SUBSCRIPTION s ENABLE")
    await until(seen, "the last update", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
    took_s = loop.time() - begin_s
    moved = sum(each.bytes for each in (await counters(port)).values())
    return Caught(bytes=moved, took_s=took_s)


async def measure(folder: Path, programs: Path) -> list[tuple[Caught, int, Caught]]:
    """Round by round: ours, the LTX files instead, and the peer."""
    plan_ = LabPlan(folder=folder / "lab", site_names=(SITE,), wan=WanChoice.RELAY)
    rounds = []
    async with (
        open_lab(plan_) as lab,
        replicating(programs, make_folder(folder / "postgres"), TABLE, *FILL) as pair,
    ):
        await lab.start_primary()
        await asyncio.to_thread(fill, lab)
        (await lab.primary.api.patch("/users/ada", {"full_name": "0"})).expect("tell litestream")
        await lab.start_site(SITE)
        for number in range(1, ROUNDS + 1):
            ours, instead = await our_catch_up(lab, number)
            peer = await peer_catch_up(pair, number)
            rounds.append((ours, instead, peer))
            print(
                f"site: {ours.bytes / 1e6:.2f} MB in {ours.took_s:.2f} s (as LTX files "
                f"{instead / 1e6:.2f} MB); PostgreSQL: {peer.bytes / 1e6:.2f} MB in "
                f"{peer.took_s:.2f} s"
            )
    return rounds


def figure_of(name: str, ours: list[float], peers: list[float], bound: float) -> Figure:
    """The middle round of both; time in seconds, bytes in MB."""
    is_time = name.endswith("time")
    return Figure(
        name=name,
        value=median(ours),
        unit="s" if is_time else "MB",
        peer=median(peers),
        target=f"ratio <= {bound}",
        met=median(ours) <= bound * median(peers),
        what="the same, time"
        if is_time
        else f"bytes to catch up after {UPDATES:,} updates of {CHANGED:,} rows of {USERS:,}",
        beside="a PostgreSQL subscription that was disabled meanwhile",
        rounds=ratios(ours, peers),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("catch_up", __doc__)
    programs = find_postgres()
    if programs is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        rounds = asyncio.run(measure(Path(name), programs))
    sides = [ours for ours, _, _ in rounds], [peer for _, _, peer in rounds]
    moved, peer_moved = ([one.bytes / 1e6 for one in side] for side in sides)
    took, peer_took = ([one.took_s for one in side] for side in sides)
    return run.end(
        figure_of("catch_up", moved, peer_moved, BYTES_TARGET_RATIO),
        figure_of("catch_up, time", took, peer_took, TIME_TARGET_RATIO),
    )


if __name__ == "__main__":
    sys.exit(main())
