"""A long journal drains: how fast, and how much memory the two ends take for it.

A real site with 200,000 entries that headquarters lacks is started beside a real headquarters, on
loopback with TLS. The figure is the highest memory (resident, both servers together) of the last
nine tenths of the drain; its peer is the highest of the first tenth: what does not grow with the
journal is not in the ratio. Three rounds, each on a new lab. `python -m bench.drain 1000000` drains
more.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.figure import Figure
from bench.ingest import FACTS_PER_JOB, body_of
from bench.plot import Line, Plot
from bench.run import begin
from chaos.live.lab import Lab, LabPlan, open_lab
from replication.adapters.system_clock import SystemClock
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from chaos.live.nodes import SiteNode
    from site_server.store.unit_of_work import UnitOfWork

SITE: Final = "oslo"
ENTRIES: Final = 200_000
PIECE: Final = 5_000
LOOK_EVERY_S: Final = 0.02
TARGET_RATIO: Final = 1.15
ROUNDS: Final = 3
PAYER_OF_THE_EXAMPLE: Final = "ada"


@dataclass(slots=True)
class Seen:
    """Memory by how far the drain was: (entries at headquarters, site bytes, primary bytes)."""

    looks: list[tuple[int, int, int]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ratio(self) -> float:
        """The highest of the last nine tenths by that of the first tenth."""
        return self.peak_bytes(0.1, 1) / self.peak_bytes(0, 0.1)

    def peak_bytes(self, first: float, last: float) -> int:
        """The highest sum of both while between these parts (0 to 1) of the whole were taken."""
        total = self.looks[-1][0]
        return max(
            site + primary
            for seq, site, primary in self.looks
            if first * total <= seq <= last * total
        )


def resident_bytes(pid: int) -> int:
    """What the process holds in memory now."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


async def fill(site: SiteNode, entries: int) -> None:
    """Write a long journal into the files of a site that does not run."""
    path = site.server.data_folder / "site.db"
    with closing(SiteStore(path, site_name=SITE, epoch=1, clock=SystemClock())) as store:
        for first in range(0, entries, PIECE):

            def work(unit: UnitOfWork, first: int = first) -> None:
                for number in range(first, min(first + PIECE, entries)):
                    unit.journal.append(body_of(number, PAYER_OF_THE_EXAMPLE))

            await store.write(work)


async def watch(lab: Lab, site: SiteNode, entries: int) -> Seen:
    """Look at both until everything is at headquarters."""
    seen, seq, began = Seen(), 0, time.perf_counter()
    pids = site.server.child.pid, lab.primary.server.child.pid
    while seq < entries:
        await asyncio.sleep(LOOK_EVERY_S)
        seq = int((await site.admin.status())["acked_seq"])
        seen.looks.append((seq, resident_bytes(pids[0]), resident_bytes(pids[1])))
    seen.seconds = time.perf_counter() - began
    return seen


async def measure(folder: Path, entries: int) -> Seen:
    """Fill a site's journal while it stands still, then let it drain."""
    async with open_lab(LabPlan(folder=folder, site_names=(SITE,))) as lab:
        await lab.start_primary()
        site = await lab.join_site(SITE)
        await fill(site, entries)
        await site.start()
        return await watch(lab, site, entries)


def tell(seen: Seen, entries: int) -> None:
    """Print how memory went."""
    for seq, site, primary in seen.looks[:: max(1, len(seen.looks) // 10)]:
        print(f"{seq:>9,} entries: site {site / 1e6:.0f} MB, primary {primary / 1e6:.0f} MB")
    print(
        f"{entries:,} entries in {seen.seconds:.1f} s: {entries / seen.seconds:,.0f}/s, of which "
        f"every {FACTS_PER_JOB}th moves money"
    )


def plot(seen: Seen) -> Plot:
    """Memory by how far the drain is."""
    ends = (("site", 1), ("primary", 2))
    lines = (
        Line(
            label=label, points=tuple((look[0], round(look[which] / 1e6, 1)) for look in seen.looks)
        )
        for label, which in ends
    )
    return Plot(
        name="drain",
        title="Memory while a long journal drains",
        x="entries that headquarters has",
        y="resident, MB",
        lines=tuple(lines),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("drain", __doc__)
    entries = run.numbers[0] if run.numbers else ENTRIES
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
            found.append(asyncio.run(measure(Path(name), entries)))
        tell(found[-1], entries)
    found.sort(key=lambda seen: seen.ratio)
    middle = found[len(found) // 2]
    figure = Figure(
        name="drain",
        value=middle.peak_bytes(0.1, 1) / 1e6,
        unit="MB",
        peer=middle.peak_bytes(0, 0.1) / 1e6,
        target=f"ratio <= {TARGET_RATIO}",
        met=middle.ratio <= TARGET_RATIO,
        what=(
            f"memory of site and primary together, the highest of the last nine tenths of a "
            f"journal of {entries:,} entries"
        ),
        beside="the highest of its first tenth",
        rounds=tuple(seen.ratio for seen in found),
    )
    return run.end(figure, plots=[plot(middle)])


if __name__ == "__main__":
    sys.exit(main())
