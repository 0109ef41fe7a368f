"""From a commit at headquarters to the moment a reader at the site sees it, at 20 changes a second.

The clock starts when a reader of the primary's directory first sees the commit, and stops when a
reader of the replica does; beside it stands the time from the API call on. A real primary, link,
site and WAN proxy. Two peers in the same run, in turns with ours, never at the same time:

* litestream as it is used without us: `replicate` and `restore -f`, both at 100 ms, on a database
  of its own.
* PostgreSQL's logical replication of such a row, through a proxy like ours.

Then both proxies delay each way by 20 ms, and ours and PostgreSQL are measured again.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pysqlite3.dbapi2 as sqlite

from bench.figure import Figure, percentile, ratios
from bench.lag_readers import QUERY, number_in, reader_of, reopening_reader_of
from bench.lag_watch import Lags, Side, measure
from bench.postgres import find_postgres, make_folder, replicating
from bench.run import begin
from chaos.live.lab import TOOLS_FOLDER, Lab, LabPlan, open_lab
from chaos.live.processes import Children
from chaos.live.toxiproxy import ToxiproxyMaker, ToxiproxyWan, require_program
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from replication.adapters.components import litestream_path
from replication.adapters.litestream_process import LitestreamOptions, LitestreamProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from bench.postgres import Pair

SITE: Final = "oslo"
ROUNDS: Final = 3
CHANGES: Final = 100
ONE_WAY_MS: Final = 20
REPLICA_TIMEOUT_MS: Final = 30_000
TARGET_P50_MS: Final = 8.0
TARGET_P99_MS: Final = 40.0
TARGET_WAN_RATIO: Final = 1.3
TARGETS: Final[Mapping[str, tuple[str, float, bool]]] = {
    "lag": (f"<= {TARGET_P50_MS:g} ms", TARGET_P50_MS, False),
    "lag, p99": (f"<= {TARGET_P99_MS:g} ms", TARGET_P99_MS, False),
    "lag, beside PostgreSQL": (f"<= {TARGET_P50_MS:g} ms", TARGET_P50_MS, False),
    "lag over a WAN": (f"ratio <= {TARGET_WAN_RATIO:g}", TARGET_WAN_RATIO, True),
}
"""By figure: its target, the bound, and whether that is one of the ratio."""
CHANGE: Final = "UPDATE users SET full_name = '{}' WHERE user_name = 'ada'"
ROW: Final = "CREATE TABLE users (user_name text PRIMARY KEY, full_name text)"
FILL: Final = "INSERT INTO users SELECT 'user' || n, 'name' FROM generate_series(1, 1000) n"
FIRST: Final = "INSERT INTO users VALUES ('ada', '0')"
SOME: Final = "INSERT INTO users VALUES (?, 'name')"
INTERVAL: Final = "100ms"


def our_side(lab: Lab) -> Side:
    """The primary's directory and the site's replica."""

    async def change(number: int) -> None:
        answer = await lab.primary.api.patch("/users/ada", {"full_name": str(number)})
        answer.expect("change a user")

    directory = lab.primary.server.data_folder / "directory.db"
    replica = lab.sites[SITE].server.data_folder / "replica.db"
    return Side(
        name="replica",
        change=change,
        near=number_in(reader_of(directory)),
        far=number_in(reader_of(replica)),
    )


def litestream_side(database: Path, copy: Path) -> Side:
    """A database that litestream replicates, and what `restore -f` makes of it."""
    connection = _writing(database)

    async def change(number: int) -> None:
        await asyncio.to_thread(connection.execute, CHANGE.format(number))

    return Side(
        name="litestream restore -f",
        change=change,
        near=number_in(reader_of(database)),
        far=number_in(reopening_reader_of(copy)),
    )


def postgres_side(stack: AsyncExitStack, pair: Pair) -> Side:
    """A publisher and its subscriber."""

    def connected(url: str) -> psycopg.Connection[Any]:
        return stack.enter_context(closing(psycopg.connect(url, autocommit=True)))

    def reading(url: str) -> Callable[[], int]:
        connection = connected(url)

        def look() -> str | None:
            row = connection.execute(QUERY).fetchone()
            return None if row is None else str(row[0])

        return number_in(look)

    writer = connected(pair.publisher.url())

    async def change(number: int) -> None:
        await asyncio.to_thread(writer.execute, CHANGE.format(number))

    return Side(
        name="PostgreSQL logical replication",
        change=change,
        near=reading(pair.publisher.url()),
        far=reading(pair.subscriber.url()),
    )


@asynccontextmanager
async def litestream_alone(folder: Path) -> AsyncIterator[Side]:
    """A database that litestream replicates, and `restore -f`, as they are used without us."""
    database, store, copy = folder / "own.db", folder / "store", folder / "copy.db"
    with closing(_writing(database)) as connection:
        for statement in ("PRAGMA journal_mode=WAL", ROW, FIRST):
            connection.execute(statement)
        connection.executemany(SOME, ((f"user{n}",) for n in range(1000)))
    litestream = LitestreamProcess(
        directory_path=database,
        store=store,
        runtime_folder=folder / "run",
        options=LitestreamOptions(monitor_interval=INTERVAL, sync_interval=INTERVAL),
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(litestream.run())
        await litestream.sync()
        async with _follower(store, copy):
            look = reopening_reader_of(copy)

            async def is_there() -> bool:
                return look() == "0"

            await until(is_there, "restore -f", within_ms=REPLICA_TIMEOUT_MS)
            yield litestream_side(database, copy)
        running.cancel()


@asynccontextmanager
async def _follower(store: Path, path: Path) -> AsyncIterator[None]:
    command = ("restore", "-f", "-follow-interval", INTERVAL, "-o", str(path), f"file://{store}")
    process = await asyncio.create_subprocess_exec(
        str(litestream_path()),
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def _writing(path: Path) -> Any:  # noqa: ANN401 - the driver has no types
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous=FULL", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


async def in_turns(sides: list[Side]) -> list[Lags]:
    """Every side, round by round."""
    found = [Lags(name=side.name) for side in sides]
    for _ in range(ROUNDS):
        for side, lags in zip(sides, found, strict=True):
            lags.number = await asyncio.to_thread(side.near)
            await measure(side, lags, CHANGES)
    return found


async def measured(folder: Path, programs: Path) -> tuple[list[Lags], list[Lags]]:
    """On loopback (ours, litestream, PostgreSQL) and over a WAN (ours, PostgreSQL)."""
    async with AsyncExitStack() as stack:
        plan = LabPlan(folder=folder / "lab", site_names=(SITE,), wan=WanChoice.TOXIPROXY)
        lab = await stack.enter_async_context(open_lab(plan))
        children = await stack.enter_async_context(Children())
        program = require_program(TOOLS_FOLDER)
        maker = await ToxiproxyMaker.start(children, program, folder)
        wans: list[ToxiproxyWan] = []

        async def through(port: int) -> int:
            wans.append(await maker.open("postgres", port))
            return wans[0].listen_port

        pair = await stack.enter_async_context(
            replicating(
                programs, make_folder(folder / "postgres"), ROW, FILL, FIRST, through=through
            )
        )
        await lab.start_primary()
        site = await lab.start_site(SITE)
        txid = await lab.primary.api.txid()
        await until(
            lambda: site.has_directory(txid), "a first replica", within_ms=REPLICA_TIMEOUT_MS
        )
        alone = await stack.enter_async_context(litestream_alone(folder / "lab"))
        ours, postgres = our_side(lab), postgres_side(stack, pair)
        near = await in_turns([ours, alone, postgres])
        ours_wan = lab.wans[SITE]
        if isinstance(ours_wan, ToxiproxyWan):
            wans.append(ours_wan)
        for wan in wans:
            await wan.delay(ONE_WAY_MS)
        return near, await in_turns([ours, postgres])


def figure_of(name: str, pair: tuple[Lags, Lags], percent: float, *, what: str) -> Figure:
    """Ours beside a peer; its target is that of the table below."""
    ours, peer = pair
    value, target, bound, is_ratio = ours.p(percent), *TARGETS[name]
    found = value / peer.p(percent) if is_ratio else value
    return Figure(
        name=name,
        value=value,
        unit="ms",
        peer=peer.p(percent),
        target=target,
        met=not ours.missed and not peer.missed and found <= bound,
        what=what,
        beside=peer.name,
        rounds=ratios(*([percentile(each, percent) for each in lags.rounds] for lags in pair)),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("lag", __doc__)
    programs = find_postgres()
    if programs is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        near, far = asyncio.run(measured(Path(name), programs))
    for title, found in (("on loopback", near), (f"{2 * ONE_WAY_MS} ms of round trip", far)):
        print(f"{title}, from the commit to a reader at the other end:")
        for lags in found:
            print(f"  {lags.line()}")
    ours, alone, postgres = near
    way = "commit at headquarters to visible at a site"
    wan = f"the same with {2 * ONE_WAY_MS} ms of round trip, p50"
    return run.end(
        figure_of("lag", (ours, alone), 50, what=f"{way}, p50"),
        figure_of("lag, p99", (ours, alone), 99, what="the same, p99"),
        figure_of("lag, beside PostgreSQL", (ours, postgres), 50, what=f"{way}, p50"),
        figure_of("lag over a WAN", (far[0], far[1]), 50, what=wan),
    )


if __name__ == "__main__":
    sys.exit(main())
