"""What one primary pays for 30, 100, 300 and 1,000 sites, and what happens when all come at once.

A whole real primary (its process and litestream) and light sites in one other process: each with a
certificate, a connection, beats and back-off of its own, on loopback, on the same two cores. For
each number of sites, three times: an idle window and one with changes of one row; then a storm: the
primary is killed (SIGKILL, litestream too), started again, and all sites come back.

CPU and memory are the kernel's count of the primary and litestream. What the primary uses with no
site at all is measured first and taken off, so that a fixed cost does not make many sites look
cheap. The figure is the CPU time per site and update at 1,000 sites; its peer is the same at 30:
flat growth is a ratio of 1. PostgreSQL's logical replication shows beside it what a subscriber
costs there (`bench/fan_out_peer.py`). `python -m bench.fan_out 30 100` takes other numbers.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.crowded_primary import WINDOW_S, CrowdedPrimary
from bench.fan_out_peer import measure_peer
from bench.fan_out_storm import Storm, storm
from bench.figure import Figure, percentile, ratios
from bench.plot import Line, Plot
from bench.run import begin
from chaos.errors import NotReadyError
from chaos.live.crowd.enrolment import enrol, organisation_of
from chaos.live.crowd.process import crowd_of
from chaos.live.lab import LabPlan, open_lab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.crowded_primary import Window

COUNTS: Final = (30, 100, 300, 1000)
UPDATES_PER_S: Final = 3
ROUNDS: Final = 3
SETTLE_S: Final = 3.0
TARGET_RATIO: Final = 1.3
WORDS: Final = {
    "fan_out": ("us of CPU per site and update", "CPU of the primary per site and update"),
    "fan_out, idle": ("us of CPU per site and second", "CPU per idle site and second"),
}
COLUMNS: Final = (
    "sites",
    "idle CPU",
    "a site",
    "B/min",
    "update",
    "a site",
    "bytes",
    "lag p50",
    "p99",
    "memory",
    "a site",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of sites."""

    sites: int
    idle: Window
    busy: Window
    updates: int
    lags_ms: Sequence[float] = ()
    storm: Storm | None = None
    rounds: Sequence[Row] = ()
    """The windows one by one; this row is their sum."""

    @property
    def idle_cpu(self) -> float:
        """Cores."""
        return self.idle.cpu_s / self.idle.seconds

    @property
    def update_ms(self) -> float:
        """CPU time of one update, beyond what idling costs."""
        idle_s = self.idle_cpu * self.busy.seconds
        return (self.busy.cpu_s - idle_s) * 1000 / self.updates

    def idle_us_per_site(self, base: Row) -> float:
        """Microseconds of CPU in a second."""
        return (self.idle_cpu - base.idle_cpu) * 1e6 / self.sites

    def update_us_per_site(self, base: Row) -> float:
        """Microseconds of CPU for one update."""
        return (self.update_ms - base.update_ms) * 1000 / self.sites

    @property
    def idle_bytes(self) -> float:
        """Of one site in a minute, both ways, all framing."""
        return self.idle.wire_bytes * 60 / self.idle.seconds / max(1, self.sites)

    @property
    def update_bytes(self) -> float:
        """Of one site for one update."""
        idle = self.idle.wire_bytes * self.busy.seconds / self.idle.seconds
        return (self.busy.wire_bytes - idle) / self.updates / max(1, self.sites)

    def bytes_per_site(self, base: Row) -> float:
        """Of memory."""
        more = self.busy.resident_bytes - base.busy.resident_bytes
        return more / max(1, self.sites)


async def one_row(crowded: CrowdedPrimary, sites: int) -> Row:
    """One row of the table."""
    began_s = time.perf_counter()
    await crowded.crowd.ask(f"grow {sites}")
    await crowded.until_all_there(sites)
    took_s = time.perf_counter() - began_s
    print(f"{sites} sites: connected and at the head after {took_s:.1f} s", flush=True)
    await asyncio.sleep(SETTLE_S)
    await crowded.lags_ms()
    rounds = [await one_round(crowded, sites) for _ in range(ROUNDS)]
    lags_ms = await crowded.lags_ms()
    stormy = await storm(crowded, sites) if sites else None
    return replace(summed_up(rounds), lags_ms=lags_ms, storm=stormy, rounds=rounds)


async def one_round(crowded: CrowdedPrimary, sites: int) -> Row:
    """Both windows."""
    idle = await crowded.window(0)
    updates = int(WINDOW_S * UPDATES_PER_S)
    busy = await crowded.window(updates)
    await crowded.until_all_there(sites)
    return Row(sites=sites, idle=idle, busy=busy, updates=updates)


def summed_up(rounds: Sequence[Row]) -> Row:
    """All windows as one."""
    total = rounds[0]
    for each in rounds[1:]:
        total = replace(
            total,
            idle=total.idle + each.idle,
            busy=total.busy + each.busy,
            updates=total.updates + each.updates,
        )
    return total


async def all_rows(crowded: CrowdedPrimary, counts: Sequence[int]) -> list[Row]:
    """A row for each count, up to one that cannot be reached; that is told."""
    rows: list[Row] = []
    for sites in counts:
        try:
            rows.append(await one_row(crowded, sites))
        except NotReadyError as error:
            print(error)
            break
    return rows


async def measure(folder: Path, counts: Sequence[int]) -> list[Row]:
    """The rows; the first one has no site at all."""
    names = [f"site-{number:04}" for number in range(1, max(counts) + 1)]
    organisation = folder / "organisation.toml"
    organisation.write_text(organisation_of(names), encoding="utf-8")
    plan = LabPlan(folder=folder, site_names=(), organisation=organisation)
    async with open_lab(plan) as lab:
        await lab.primary.init(organisation)
        await enrol(lab.primary.server.data_folder, names, folder / "crowd")
        await lab.primary.start()
        try:
            async with crowd_of(folder / "crowd", lab.primary.server.ports["link"]) as crowd:
                crowded = CrowdedPrimary(lab, crowd)
                return await all_rows(crowded, (0, *counts))
        finally:
            await lab.primary.close()


def table(rows: Sequence[Row]) -> str:
    """The growth table."""
    base = rows[0]
    lines = ["".join(f"{title:>10}" for title in COLUMNS)]
    for row in rows[1:]:
        cells = (
            f"{row.sites}",
            f"{100 * row.idle_cpu:.1f} %",
            f"{row.idle_us_per_site(base):.0f} us/s",
            f"{row.idle_bytes:.0f}",
            f"{row.update_ms:.1f} ms",
            f"{row.update_us_per_site(base):.0f} us",
            f"{row.update_bytes:.0f}",
            f"{percentile(row.lags_ms, 50):.0f} ms",
            f"{percentile(row.lags_ms, 99):.0f} ms",
            f"{row.busy.resident_bytes / 1e6:.0f} MB",
            f"{row.bytes_per_site(base) / 1e3:.0f} kB",
        )
        lines.append("".join(f"{cell:>10}" for cell in cells))
    lines += [row.storm.line(row.sites) for row in rows if row.storm is not None]
    return "\n".join(lines)


def plots(rows: Sequence[Row]) -> list[Plot]:
    """What a site costs by the number of sites."""
    base, *crowded = rows

    def line(label: str, value: Callable[[Row], float]) -> Line:
        return Line(label=label, points=tuple((r.sites, round(value(r), 2)) for r in crowded))

    cpu = (
        line("CPU of the primary for one update, us a site", lambda r: r.update_us_per_site(base)),
        line("CPU of the primary idle, us a site and second", lambda r: r.idle_us_per_site(base)),
    )
    lag = (
        line("p50", lambda r: percentile(r.lags_ms, 50)),
        line("p99", lambda r: percentile(r.lags_ms, 99)),
    )
    return [
        Plot(
            name="fan_out",
            title="What each site costs the primary",
            x="sites",
            y="us of CPU",
            lines=cpu,
        ),
        Plot(
            name="fan_out_lag",
            title="From an update at headquarters to its arrival at each site",
            x="sites",
            y="ms",
            lines=lag,
        ),
    ]


def figure_of(name: str, rows: Sequence[Row], value: Callable[[Row, Row], float]) -> Figure:
    """The most sites beside the fewest."""
    base, few, *_, many = rows
    most, least = value(many, base), value(few, base)
    storms = [row.storm for row in rows if row.storm is not None]
    rounds = ([value(each, base) for each in row.rounds] for row in (many, few))
    unit, what = WORDS[name]
    return Figure(
        name=name,
        value=most,
        unit=unit,
        peer=least,
        target=f"ratio <= {TARGET_RATIO} and every storm over by itself",
        met=most <= TARGET_RATIO * least and all(each.all_back for each in storms),
        what=f"{what}, {many.sites:,} sites",
        beside=f"with {few.sites} sites",
        rounds=ratios(*rounds),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("fan_out", __doc__)
    counts = run.numbers or COUNTS
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        rows = asyncio.run(measure(Path(name) / "lab", counts))
        peer = asyncio.run(measure_peer(Path(name) / "peer"))
    if len(rows) < len(counts) + 1:
        print(f"only {len(rows)} of the rows could be measured; there is no figure")
        return 1
    base = rows[0]
    print(
        f"no site: {100 * base.idle_cpu:.2f} % of a core, {base.update_ms:.1f} ms an update, "
        f"{base.busy.resident_bytes / 1e6:.0f} MB"
    )
    print(table(rows))
    print(peer)
    return run.end(
        figure_of("fan_out", rows, Row.update_us_per_site),
        figure_of("fan_out, idle", rows, Row.idle_us_per_site),
        plots=plots(rows),
    )


if __name__ == "__main__":
    sys.exit(main())
