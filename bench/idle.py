"""What a replica costs a site where nothing happens: time on a core, and memory.

A real primary with a directory of 200,000 users, and a site that follows it. For a while nothing
changes but headquarters' heartbeat, a row every 5 s. The applier is the process that keeps the
replica; the site's own process fetches for it, and does all the rest of a site besides (link,
panels, IPP, timers), so what it takes is an upper bound. The peer is an idle PostgreSQL subscriber
of the same rows, all of its processes, whose publisher updates one row as often. Memory is
proportional (PSS): what several processes share is counted by share. The kernel counts both.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Final

from bench.directory_rows import TABLES, fill_directory
from bench.figure import Figure, ratios
from bench.postgres import find_postgres, make_folder, replicating
from bench.process_cost import Cost, family
from bench.run import begin
from chaos.live.lab import LabPlan, open_lab
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.live.postgres import Postgres

SITE: Final = "oslo"
USERS: Final = 200_000
PATIENCE_MS: Final = 120_000
SETTLE_S: Final = 12.0
"""Until the compression of the first copy, checkpoints and first looks are over."""
ROUNDS: Final = 4
WINDOW_S: Final = 15.0
"""Of one round: three heartbeats."""
BEAT_S: Final = 5.0
CPU_TARGET_PERCENT: Final = 0.5
APPLIER_TARGET_MB: Final = 40.0
APPLIER: Final = "replication.adapters.applier"
ROWS: Final[Mapping[str, str]] = {
    "users": "name, 'Ada Lovelace ' || n, true, n % 3 > 0",
    "balances": "'user:' || name, n * 1000",
    "cards": "encode(sha256(name::bytea), 'hex'), name, false",
    "memberships": "'group' || n % 500, name",
}
SERIES: Final = (
    f"(SELECT n, 'user' || lpad(n::text, 6, '0') AS name FROM generate_series(1, {USERS}) n) AS r"  # noqa: S608
)
HEARTBEAT: Final = "CREATE TABLE heartbeat (id int PRIMARY KEY, wall_ms bigint NOT NULL)"
BEAT: Final = "UPDATE heartbeat SET wall_ms = wall_ms + 5000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """One side in the window."""

    percent: float
    """Of a core."""
    pss_mb: float


async def beating(publisher: Postgres) -> None:
    """The peer's heartbeat, until cancelled."""
    while True:
        await asyncio.sleep(BEAT_S)
        await publisher.sql(BEAT)


async def watched(families: Mapping[str, int], alone: Mapping[str, int]) -> dict[str, Idle]:
    """What some processes took in one window, with all that they started or alone."""

    def costs() -> dict[str, Cost]:
        together = {name: Cost.of(family(pid)) for name, pid in families.items()}
        return together | {name: Cost.of([pid]) for name, pid in alone.items()}

    loop = asyncio.get_running_loop()
    begin_s, before = loop.time(), costs()
    await asyncio.sleep(WINDOW_S)
    took_s, after = loop.time() - begin_s, costs()
    return {
        name: Idle(percent=cost.percent_since(before[name], took_s), pss_mb=cost.pss_bytes / 1e6)
        for name, cost in after.items()
    }


async def measure(folder: Path) -> list[dict[str, Idle]]:
    """Both sides, in the same windows."""
    programs = find_postgres()
    async with AsyncExitStack() as stack:
        plan = LabPlan(folder=folder / "lab", site_names=(SITE,))
        lab = await stack.enter_async_context(open_lab(plan))
        roots: dict[str, int] = {}
        await lab.start_primary()
        before = await lab.primary.api.txid()
        await asyncio.to_thread(fill_directory, lab, USERS)
        (await lab.primary.api.patch("/users/ada", {"full_name": "Ada"})).expect("a change")
        site = await lab.start_site(SITE)
        await until(lambda: site.has_directory(before + 1), "the directory", within_ms=PATIENCE_MS)
        if programs is not None:
            schema = [*(statement for table in TABLES.values() for statement in table), HEARTBEAT]
            rows = [f"INSERT INTO {name} SELECT {row} FROM {SERIES}" for name, row in ROWS.items()]  # noqa: S608
            rows.append("INSERT INTO heartbeat VALUES (1, 0)")
            pair = await stack.enter_async_context(
                replicating(programs, make_folder(folder / "postgres"), *schema, *rows)
            )
            beat = asyncio.get_running_loop().create_task(beating(pair.publisher))
            stack.callback(beat.cancel)
            postmaster = int((pair.subscriber.folder / "postmaster.pid").read_text().split()[0])
            roots["PostgreSQL subscriber"] = postmaster
        await asyncio.sleep(SETTLE_S)
        applier = site.server.part(APPLIER)
        if applier is None:
            raise LookupError(APPLIER)
        roots["all of the site"] = site.server.child.pid
        alone = {"applier": applier, "site process": site.server.child.pid}
        return [await watched(roots, alone) for _ in range(ROUNDS)]


def figure_of(rounds: list[dict[str, Idle]]) -> Figure:
    """Applier and site process beside the subscriber."""
    ours = [each["applier"].percent + each["site process"].percent for each in rounds]
    peers = [each["PostgreSQL subscriber"].percent for each in rounds]
    applier_mb = max(each["applier"].pss_mb for each in rounds)
    return Figure(
        name="idle",
        value=mean(ours),
        unit="% of a core",
        peer=mean(peers),
        target=f"<= {CPU_TARGET_PERCENT:g} % and applier <= {APPLIER_TARGET_MB:g} MB",
        met=mean(ours) <= CPU_TARGET_PERCENT and applier_mb <= APPLIER_TARGET_MB,
        what=f"applier and site process of an idle site with {USERS:,} users",
        beside="an idle PostgreSQL subscriber, all of it",
        rounds=ratios(ours, peers),
    )


def memory_of(rounds: list[dict[str, Idle]]) -> Figure:
    """The applier's memory beside the subscriber's."""
    ours, peers = (
        [each[who].pss_mb for each in rounds] for who in ("applier", "PostgreSQL subscriber")
    )
    return Figure(
        name="idle, memory",
        value=max(ours),
        unit="MB",
        peer=max(peers),
        target=f"<= {APPLIER_TARGET_MB:g} MB",
        met=max(ours) <= APPLIER_TARGET_MB,
        what="the applier alone, memory (PSS)",
        beside="the same subscriber",
        rounds=ratios(ours, peers),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("idle", __doc__)
    if find_postgres() is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        rounds = asyncio.run(measure(Path(name)))
    for found in rounds:
        said = (f"{who} {idle.percent:.2f} %, {idle.pss_mb:.1f} MB" for who, idle in found.items())
        print("; ".join(said))
    return run.end(figure_of(rounds), memory_of(rounds))


if __name__ == "__main__":
    sys.exit(main())
