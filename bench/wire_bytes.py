"""Bytes on the wire for one single-row update on its way to a site, all framing counted.

A real primary, link and site. Both directions of every connection of the site to headquarters are
counted by the kernel itself (`ss -ti`): bytes of TCP, which hold TLS records and WebSocket frames,
and segments, of which each costs headers of IP and TCP with timestamps, acknowledgements too.

A window with updates and one of the same length without, three times; the difference, by update, is
the figure, so that beats and heartbeats, which go on in both, do not count. The peer, a PostgreSQL
logical replication of the same row on loopback, is counted in the same windows by the same means;
it has no TLS, which is 22 bytes and more for each record in its favour.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.figure import Figure, ratios
from bench.postgres import find_postgres, make_folder, replicating
from bench.run import begin
from chaos.live.lab import LabPlan, open_lab
from chaos.live.waiting import until

if TYPE_CHECKING:
    from bench.postgres import Pair
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode

SITE: Final = "oslo"
ROUNDS: Final = 3
UPDATES: Final = 40
EVERY_S: Final = 0.1
WARM_UP: Final = 5
REPLICA_TIMEOUT_MS: Final = 30_000
HEADER_BYTES: Final = 20 + 20 + 12
"""Of one segment: IPv4, TCP, timestamps."""
DOCUMENTED_PEER_BYTES: Final = 316
"""What it took elsewhere: ours must stay below that, too."""
ROW: Final = "CREATE TABLE users (user_name text PRIMARY KEY, full_name text, enabled bool)"
FILL: Final = "INSERT INTO users SELECT 'user' || n, 'name', true FROM generate_series(1, 1000) n"
_FIELD: Final = re.compile(r"\b(bytes_sent|bytes_received|segs_out|segs_in):(\d+)")


class ConnectionLostError(Exception):
    """A connection ended while it was counted: run the bench again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What crossed the wire between two moments."""

    bytes: int
    segments: int

    @property
    def on_wire(self) -> int:
        """With all headers."""
        return self.bytes + self.segments * HEADER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One side, with updates and without."""

    busy: Traffic
    idle: Traffic

    @property
    def net_bytes(self) -> float:
        """By update, what the idle window does not explain."""
        return (self.busy.on_wire - self.idle.on_wire) / UPDATES


async def counters(port: int) -> dict[str, Traffic]:
    """The kernel's counters of each connection to `port`, by its near end."""
    process = await asyncio.create_subprocess_exec(
        *("ss", "-tinOH", "state", "established", "dport", "=", f":{port}"),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    found = {}
    for line in said.decode().splitlines():
        fields = {name: int(value) for name, value in _FIELD.findall(line)}
        found[line.split()[2]] = Traffic(
            bytes=fields.get("bytes_sent", 0) + fields.get("bytes_received", 0),
            segments=fields.get("segs_out", 0) + fields.get("segs_in", 0),
        )
    return found


def between(before: dict[str, Traffic], after: dict[str, Traffic]) -> Traffic:
    """What was added. Errors: `ConnectionLostError`."""
    if not before.keys() <= after.keys():
        raise ConnectionLostError
    return Traffic(
        bytes=sum(t.bytes for t in after.values()) - sum(t.bytes for t in before.values()),
        segments=sum(t.segments for t in after.values()) - sum(t.segments for t in before.values()),
    )


class Windows:
    """Updates and pauses of equal length, on both sides at once."""

    def __init__(self, lab: Lab, site: SiteNode, pair: Pair | None) -> None:
        self._lab = lab
        self._site = site
        self._pair = pair
        self._ports = [lab.wans[SITE].listen_port]
        if pair is not None:
            self._ports.append(pair.publisher.port)
        self._number = 0

    async def updates(self, count: int) -> None:
        """One row in each database, again and again; over once both have arrived."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        for _ in range(count):
            self._number += 1
            name = {"full_name": f"Ada {self._number:06}"}
            (await self._lab.primary.api.patch("/users/ada", name)).expect("change a user")
            if self._pair is not None:
                await self._pair.publisher.sql(
                    f"UPDATE users SET full_name = 'Ada {self._number:06}'"  # noqa: S608
                    " WHERE user_name = 'user7'"
                )
            due_s += EVERY_S
            await asyncio.sleep(max(0.0, due_s - loop.time()))
        txid = await self._lab.primary.api.txid()
        await until(
            lambda: self._site.has_directory(txid), "the last", within_ms=REPLICA_TIMEOUT_MS
        )

    async def counted(self, *, count: int, at_least_s: float) -> tuple[list[Traffic], float]:
        """The traffic of each port during so many updates, and how long it took."""
        loop = asyncio.get_running_loop()
        before = [await counters(port) for port in self._ports]
        begin_s = loop.time()
        await self.updates(count)
        await asyncio.sleep(max(0.0, begin_s + at_least_s - loop.time()))
        took_s = loop.time() - begin_s
        after = [await counters(port) for port in self._ports]
        return [between(*each) for each in zip(before, after, strict=True)], took_s


async def measure(folder: Path) -> list[list[Round]]:
    """Round by round, per side, ours first."""
    programs = find_postgres()
    async with AsyncExitStack() as stack:
        lab = await stack.enter_async_context(
            open_lab(LabPlan(folder=folder / "lab", site_names=(SITE,)))
        )
        pair = None
        if programs is not None:
            pair = await stack.enter_async_context(
                replicating(programs, make_folder(folder / "postgres"), ROW, FILL)
            )
        await lab.start_primary()
        site = await lab.start_site(SITE)
        windows = Windows(lab, site, pair)
        await windows.updates(WARM_UP)
        return [await one_round(windows) for _ in range(ROUNDS)]


async def one_round(windows: Windows) -> list[Round]:
    """Both windows, of each side."""
    busy, took_s = await windows.counted(count=UPDATES, at_least_s=0)
    idle, _ = await windows.counted(count=0, at_least_s=took_s)
    return [Round(busy=each, idle=other) for each, other in zip(busy, idle, strict=True)]


def tell(who: str, rounds: list[Round]) -> None:
    """Print what was counted."""
    for each in rounds:
        busy, idle = each.busy, each.idle
        print(
            f"{who}: {UPDATES} updates, {busy.bytes} bytes of TCP in {busy.segments} segments; "
            f"idle as long, {idle.bytes} in {idle.segments}; by update, net of idle, "
            f"{(busy.bytes - idle.bytes) / UPDATES:.0f} bytes in "
            f"{(busy.segments - idle.segments) / UPDATES:.2f} segments, "
            f"{each.net_bytes:.0f} on the wire ({busy.on_wire / UPDATES:.0f} gross)"
        )


def main() -> int:
    """Measure and print the figure."""
    run = begin("wire_bytes", __doc__)
    if shutil.which("ss") is None:
        print("ss is missing. As root, run: apt-get install -y --no-install-recommends iproute2")
        return 1
    if find_postgres() is None:
        print("PostgreSQL is missing. As root, run: apt-get install -y postgresql")
        return 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        rounds = asyncio.run(measure(Path(name)))
    ours, peers = ([sides[which] for sides in rounds] for which in (0, 1))
    tell("site link", ours)
    tell("PostgreSQL logical", peers)
    value, peer = (median(each.net_bytes for each in side) for side in (ours, peers))
    figure = Figure(
        name="wire_bytes",
        value=value,
        unit="bytes",
        peer=peer,
        target=f"ratio <= 1.0 and <= {DOCUMENTED_PEER_BYTES} bytes",
        met=value <= min(peer, DOCUMENTED_PEER_BYTES),
        what="bytes on the wire for one update of one row, all framing",
        beside="PostgreSQL logical replication, without TLS",
        rounds=ratios([each.net_bytes for each in ours], [each.net_bytes for each in peers]),
    )
    return run.end(figure)


if __name__ == "__main__":
    sys.exit(main())
