"""Journal entries on their way to headquarters: how many a second, and how long one of them takes.

A real site and a real primary over mutual TLS. Rate: from a journal that is longer than what
headquarters has to the moment when the ledger's file holds its last entry, as a reader of that file
sees it. Latency: from the moment when a reader of the site's journal sees an entry (a copy that was
finished at a panel, ten a second) to the moment when a reader of the ledger does.

The peer in turns with it: NATS JetStream with file storage that syncs each message before it
acknowledges it. It gets entries of the same bytes, without TLS, hash chain or money, many in flight
for the rate and one at a time for the latency, from the call to the acknowledgement.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite

from bench.drain import fill
from bench.figure import Figure, percentile, ratios
from bench.ingest import body_of
from bench.lag_watch import Lags, Side
from bench.lag_watch import measure as measure_lags
from bench.nats import STREAM, jet_stream
from bench.run import begin
from chaos.live.lab import LabPlan, open_lab
from chaos.live.panel import Copies
from chaos.live.waiting import until
from chaos.scenarios.main_job_steps import people

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.js import JetStreamContext

    from chaos.live.branch import Branch
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode

SITE: Final = "oslo"
ENTRIES: Final = 15_000
MESSAGES: Final = 3_000
IN_FLIGHT: Final = 256
ROUNDS: Final = 3
CHANGES: Final = 50
PATIENCE_MS: Final = 60_000
LOOK_EVERY_MS: Final = 5
CREDIT_MICROS: Final = 10**12
ONE_PAGE: Final = Copies(pages=1)
TARGET_RATIO: Final = 1.0
TARGET_P50_MS: Final = 25.0
AT_SITE: Final = "SELECT count(*) FROM journal WHERE kind = 'copy_finished'"
IN_LEDGER: Final = (
    "SELECT count(*) FROM entries WHERE site_name = 'oslo' AND kind = 'copy_finished'"
)
LAST: Final = "SELECT coalesce(max(seq), 0) FROM entries WHERE site_name = 'oslo'"
BODY: Final = body_of(4, "ada").model_dump_json().encode() + b" " * 160
"""As many bytes as an entry on its way: body, hashes, times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one side did: entries a second, and milliseconds of single entries."""

    rate: float
    lags_ms: list[float]


def reader(path: Path, question: str) -> Callable[[], int]:
    """Asks a file that a running server writes."""
    connection: Any = sqlite.connect(
        f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )

    def look() -> int:
        return int(connection.execute(question).fetchone()[0])

    return look


async def our_rate(lab: Lab, site: SiteNode) -> float:
    """Entries a second: the site stands still while they are written."""
    last = reader(lab.primary.server.data_folder / "ledger.db", LAST)
    await site.server.stop()
    before = last()
    await fill(site, ENTRIES)
    await site.start()
    began_s = 0.0

    async def begun() -> float | None:
        return perf_counter() if last() > before else None

    async def all_there() -> float | None:
        return perf_counter() if last() >= before + ENTRIES else None

    began_s = await until(begun, "the first", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
    first = last() - before
    ended_s = await until(all_there, "the last", within_ms=PATIENCE_MS, every_ms=LOOK_EVERY_MS)
    return (ENTRIES - first) / max(ended_s - began_s, 1e-6)


async def our_lags(lab: Lab, branch: Branch) -> list[float]:
    """Milliseconds of single entries."""
    session_id = await branch.panel.session(people()["ada"].card_number)

    async def copy(_number: int) -> None:
        started = (await branch.panel.start_copies(session_id, ONE_PAGE)).expect("copy")
        done = await branch.panel.finish_copies(session_id, str(started["copy_uuid"]), mono_pages=1)
        done.expect("finish")

    near = reader(branch.site.server.data_folder / "site.db", AT_SITE)
    far = reader(lab.primary.server.data_folder / "ledger.db", IN_LEDGER)
    lags = Lags(name="our link", number=near())
    await until(_equal(near, far), "a drained journal", within_ms=PATIENCE_MS)
    await measure_lags(Side(name=lags.name, change=copy, near=near, far=far), lags, CHANGES)
    await branch.panel.log_out(session_id)
    return lags.rounds[0]


def _equal(near: Callable[[], int], far: Callable[[], int]) -> Callable[[], Any]:
    async def look() -> bool:
        return near() == far()

    return look


async def peer_round(stream: JetStreamContext) -> Round:
    """The same at JetStream."""
    turn = asyncio.Semaphore(IN_FLIGHT)

    async def publish() -> None:
        async with turn:
            await stream.publish(f"{STREAM}.{SITE}", BODY, timeout=PATIENCE_MS / 1000)

    began_s = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(MESSAGES):
            group.create_task(publish())
    rate = MESSAGES / (perf_counter() - began_s)
    lags_ms = []
    for _ in range(CHANGES):
        one_s = perf_counter()
        await publish()
        lags_ms.append((perf_counter() - one_s) * 1000)
        await asyncio.sleep(0.02)
    return Round(rate=rate, lags_ms=lags_ms)


async def measure(folder: Path) -> tuple[list[Round], list[Round]]:
    """Both, round by round."""
    ours: list[Round] = []
    peers: list[Round] = []
    async with (
        open_lab(LabPlan(folder=folder / "lab", site_names=(SITE,))) as lab,
        jet_stream(folder / "nats") as stream,
    ):
        await lab.start_primary()
        await lab.start_printer(SITE)
        site = await lab.start_site(SITE)
        credit = await lab.primary.api.adjust("ada", CREDIT_MICROS, request_id="bench")
        credit.expect("credit")
        branch = await lab.open_branch(SITE)
        for _ in range(ROUNDS):
            lags_ms = await our_lags(lab, branch)
            ours.append(Round(rate=await our_rate(lab, site), lags_ms=lags_ms))
            peers.append(await peer_round(stream))
            for name, one in (("our link", ours[-1]), ("JetStream", peers[-1])):
                print(
                    f"{name}: {one.rate:,.0f}/s; one entry: p50 {percentile(one.lags_ms, 50):.1f} "
                    f"ms, p99 {percentile(one.lags_ms, 99):.1f} ms",
                    flush=True,
                )
    return ours, peers


def rate_figure(ours: list[Round], peers: list[Round]) -> Figure:
    """Entries a second."""
    found, others = ([one.rate for one in rounds] for rounds in (ours, peers))
    return Figure(
        name="stream",
        value=median(found),
        unit="entries/s",
        peer=median(others),
        target=f"ratio >= {TARGET_RATIO:g}",
        met=median(found) >= TARGET_RATIO * median(others),
        what="journal entries from a site into headquarters' ledger, durable",
        beside="NATS JetStream, file storage, synced",
        rounds=ratios(found, others),
    )


def latency_figure(ours: list[Round], peers: list[Round]) -> Figure:
    """One entry."""
    found, others = ([percentile(r.lags_ms, 50) for r in rounds] for rounds in (ours, peers))
    return Figure(
        name="stream, latency",
        value=median(found),
        unit="ms",
        peer=median(others),
        target=f"<= {TARGET_P50_MS:g} ms",
        met=median(found) <= TARGET_P50_MS,
        what="one entry, from the site's journal to the ledger, p50",
        beside="JetStream, from the call to the acknowledgement",
        rounds=ratios(found, others),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("stream", __doc__)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        ours, peers = asyncio.run(measure(Path(name)))
    return run.end(rate_figure(ours, peers), latency_figure(ours, peers))


if __name__ == "__main__":
    sys.exit(main())
