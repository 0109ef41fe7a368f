"""From a change at headquarters to the moment a reader at the site sees it, at 20 changes a second.

A real primary, link and site on loopback. The clock starts before the API call is sent, so a figure
here includes the call and the commit. The peer, `litestream restore -f` polling every 100 ms,
follows the same store in the same run; since our primary syncs litestream at each commit, the peer
does better here than with litestream's own intervals.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite

from bench.figure import Figure, percentile
from chaos.live.lab import Lab, LabPlan, open_lab
from chaos.live.waiting import until
from replication.adapters.components import litestream_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SITE: Final = "oslo"
CHANGES: Final = 400
CHANGE_EVERY_S: Final = 0.05
LOOK_EVERY_S: Final = 0.001
REPLICA_TIMEOUT_MS: Final = 30_000
SETTLE_S: Final = 5.0
TARGET_P50_MS: Final = 8.0
TARGET_P99_MS: Final = 40.0
QUERY: Final = "SELECT full_name FROM users WHERE user_name = 'ada'"


class Watch:
    """One follower: when each change was first seen in it."""

    def __init__(self, look: Callable[[], str | None]) -> None:
        self._look = look
        self.seen_s: list[float] = []

    def look(self) -> None:
        """Note every change that is visible by now."""
        value = self._look()
        if value is not None and value.isdecimal():
            now = time.perf_counter()
            self.seen_s += [now] * (int(value) - len(self.seen_s))


def reader_of(path: Path) -> Callable[[], str | None]:
    """A long-lived read-only connection, as the site's own."""
    connection = sqlite.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def look() -> str | None:
        row = connection.execute(QUERY).fetchone()
        return None if row is None else str(row[0])

    return look


def reopening_reader_of(path: Path) -> Callable[[], str | None]:
    """Open, query, close: the only way to read what `restore -f` writes under its readers."""

    def look() -> str | None:
        try:
            with closing(sqlite.connect(f"file:{path}?mode=ro", uri=True, timeout=0)) as connection:
                row = connection.execute(QUERY).fetchone()
        except sqlite.Error:
            return None
        return None if row is None else str(row[0])

    return look


@asynccontextmanager
async def follower(store: Path, path: Path) -> AsyncIterator[None]:
    """`litestream restore -f` of the primary's store into `path`."""
    process = await asyncio.create_subprocess_exec(
        str(litestream_path()),
        "restore",
        "-f",
        "-follow-interval",
        "100ms",
        "-o",
        str(path),
        f"file://{store}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def change(lab: Lab, sent_s: list[float]) -> None:
    """Change one row, 20 times a second."""
    due = time.perf_counter()
    for number in range(1, CHANGES + 1):
        sent_s.append(time.perf_counter())
        answer = await lab.primary.api.patch("/users/ada", {"full_name": str(number)})
        answer.expect("change a user")
        due += CHANGE_EVERY_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def watch(watches: list[Watch], done: asyncio.Event) -> None:
    """Look at every follower again and again until all is seen, or for a while after the end."""
    last = None
    while any(len(one.seen_s) < CHANGES for one in watches):
        for one in watches:
            one.look()
        if done.is_set():
            last = last or time.perf_counter()
            if time.perf_counter() - last > SETTLE_S:
                return
        await asyncio.sleep(LOOK_EVERY_S)


async def measure(folder: Path) -> tuple[list[float], list[float]]:
    """The lags in ms of the site's replica and of the peer."""
    async with open_lab(LabPlan(folder=folder, site_names=(SITE,))) as lab:
        await lab.start_primary()
        site = await lab.start_site(SITE)
        txid = await lab.primary.api.txid()
        await until(
            lambda: site.has_directory(txid), "a first replica", within_ms=REPLICA_TIMEOUT_MS
        )
        peer_path = folder / "peer.db"
        async with follower(lab.primary.server.data_folder / "store", peer_path):
            ours = Watch(reader_of(site.server.data_folder / "replica.db"))
            peer = Watch(reopening_reader_of(peer_path))
            sent_s: list[float] = []
            done = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(watch([ours, peer], done))
                await change(lab, sent_s)
                done.set()
    return _lags_ms(sent_s, ours), _lags_ms(sent_s, peer)


def _lags_ms(sent_s: list[float], one: Watch) -> list[float]:
    return [(seen - sent) * 1000 for sent, seen in zip(sent_s, one.seen_s, strict=False)]


def main() -> int:
    """Measure and print the figure."""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        ours, peer = asyncio.run(measure(Path(name)))
    for who, lags in (("replica", ours), ("litestream restore -f", peer)):
        if not lags:
            print(f"{who}: saw no change; nothing was measured")
            return 1
        print(
            f"{who}: p50 {percentile(lags, 50):.1f} ms, p99 {percentile(lags, 99):.1f} ms, "
            f"{len(lags)} of {CHANGES} changes seen"
        )
    p50, p99 = percentile(ours, 50), percentile(ours, 99)
    figure = Figure(
        name="lag",
        value=p50,
        unit="ms",
        peer=percentile(peer, 50),
        target=f"p50 <= {TARGET_P50_MS:g} ms and p99 <= {TARGET_P99_MS:g} ms",
        met=p50 <= TARGET_P50_MS and p99 <= TARGET_P99_MS,
    )
    print(figure.line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
