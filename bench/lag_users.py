"""What the size of the directory does to the lag: 1,000, 10,000 and 100,000 users.

From a commit at headquarters to the moment when a reader at the site sees it, at 20 changes of one
row a second, as `bench.lag` measures it, with more users each time (each with balance, card and
group). The peer, in turns with it, is PostgreSQL's logical replication of a table that grows as
much. The target is flat: one change of one row must not cost what the directory weighs.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.directory_rows import fill_directory
from bench.figure import Figure, percentile, ratios
from bench.lag import FILL, FIRST, ROW, our_side, postgres_side
from bench.lag_watch import Lags, Side
from bench.lag_watch import measure as measure_lags
from bench.plot import Line, Plot
from bench.postgres import find_postgres, make_folder, replicating
from bench.run import begin
from chaos.live.lab import LabPlan, open_lab
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.postgres import Pair
    from chaos.live.lab import Lab

SITE: Final = "oslo"
USERS: Final = (1_000, 10_000, 100_000)
ROUNDS: Final = 3
CHANGES: Final = 40
PATIENCE_MS: Final = 120_000
TARGET_GROWTH: Final = 1.3
MORE: Final = "INSERT INTO users SELECT 'person' || n, 'name' FROM generate_series({}, {}) n"


async def grow(lab: Lab, pair: Pair, first: int, last: int) -> None:
    """More users on both sides; return once the site has them."""
    await pair.publisher.sql(MORE.format(first, last))
    before = await lab.primary.api.txid()
    await asyncio.to_thread(fill_directory, lab, last, first)
    (await lab.primary.api.patch("/users/ada", {"full_name": "0"})).expect("tell litestream")
    site = lab.sites[SITE]
    await until(lambda: site.has_directory(before + 1), "the directory", within_ms=PATIENCE_MS)


async def one_size(sides: Sequence[Side]) -> list[Lags]:
    """Each side, round by round, from number 1 on."""
    found = []
    for side in sides:
        number = await asyncio.to_thread(side.near)
        found.append(Lags(name=side.name, number=number))
    for _ in range(ROUNDS):
        for side, lags in zip(sides, found, strict=True):
            await measure_lags(side, lags, CHANGES)
    return found


async def measure(folder: Path, programs: Path) -> dict[int, list[Lags]]:
    """By the number of users: ours, and the peer's."""
    found: dict[int, list[Lags]] = {}
    async with AsyncExitStack() as stack:
        plan = LabPlan(folder=folder / "lab", site_names=(SITE,))
        lab = await stack.enter_async_context(open_lab(plan))
        pair = await stack.enter_async_context(
            replicating(programs, make_folder(folder / "postgres"), ROW, FILL, FIRST)
        )
        await lab.start_primary()
        await lab.start_site(SITE)
        there = 0
        for users in USERS:
            await grow(lab, pair, there + 1, users)
            there = users
            found[users] = await one_size([our_side(lab), postgres_side(stack, pair)])
            for lags in found[users]:
                print(f"{users:,} users, {lags.line()}", flush=True)
    return found


def plot(found: dict[int, list[Lags]]) -> Plot:
    """Medians by users."""
    labels = ("our site", "PostgreSQL logical replication")
    lines = (
        Line(
            label=label,
            points=tuple((users, round(each[side].p(50), 2)) for users, each in found.items()),
        )
        for side, label in enumerate(labels)
    )
    return Plot(
        name="lag_users",
        title="From a commit at headquarters to a reader at the site",
        x="users in the directory",
        y="p50, ms",
        lines=tuple(lines),
    )


def figure_of(name: str, many: Lags, other: Lags, few: Lags, beside: str) -> Figure:
    """The largest directory beside something else."""
    is_whole = not many.missed and not few.missed
    return Figure(
        name=name,
        value=many.p(50),
        unit="ms",
        peer=other.p(50),
        target=f"<= {TARGET_GROWTH} of the same with {USERS[0]:,} users",
        met=is_whole and many.p(50) <= TARGET_GROWTH * few.p(50),
        what=f"commit at headquarters to visible at a site, {USERS[-1]:,} users, p50",
        beside=beside,
        rounds=ratios(*([percentile(each, 50) for each in lags.rounds] for lags in (many, other))),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("lag_users", __doc__)
    programs = find_postgres()
    if programs is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        found = asyncio.run(measure(Path(name), programs))
    many, few = found[USERS[-1]], found[USERS[0]]
    return run.end(
        figure_of("lag_users", many[0], few[0], few[0], f"with {USERS[0]:,} users"),
        figure_of("lag_users, beside PostgreSQL", many[0], many[1], few[0], "PostgreSQL"),
        plots=[plot(found)],
    )


if __name__ == "__main__":
    sys.exit(main())
