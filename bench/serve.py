"""A panel's call, beside the least that a server could do.

A panel of a real site asks for the held jobs of whoever is logged in (a read), and starts and ends
copies (price, credit, reservation and two journal entries, on the disk before each answer), over
kept connections of TLS. The peer, in turns with it in the same run, under the same client and with
the same certificate: plain aiohttp on uvloop in a process of its own, which answers the read with
the same bytes from memory, and commits one row to plain SQLite (WAL, FULL) for the write. It is no
rival but the floor: what is left above it is all that we do.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bench.figure import Figure, percentile, ratios
from bench.run import begin
from chaos.live.json_client import JsonClient
from chaos.live.lab import LabPlan, open_lab
from chaos.live.panel import Copies
from chaos.live.processes import Children, Command
from chaos.live.waiting import until
from chaos.scenarios.main_job_steps import people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from chaos.live.json_client import Answer
    from chaos.live.nodes import SiteNode
    from chaos.live.panel import Panel

SITE: Final = "oslo"
CALLS: Final = 200
ROUNDS: Final = 5
WARM_UP: Final = 20
START_MS: Final = 15_000
CREDIT_MICROS: Final = 10**12
ONE_PAGE: Final = Copies(pages=1)
TARGETS_MS: Final = {"read": 5.0, "write": 10.0}
"""A hundredth of a second is nothing to somebody at a panel, and a list comes with every touch."""

Samples = dict[str, list[list[float]]]
"""By side: milliseconds, round by round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One call of each kind at both servers."""

    panel: Panel
    session_id: str
    plain: JsonClient

    async def our_read(self) -> Answer:
        """The held jobs."""
        return await self.panel.list_jobs(self.session_id)

    async def our_write(self) -> Answer:
        """Copies begin; their end is not counted."""
        started = await self.panel.start_copies(self.session_id, ONE_PAGE)
        copy_uuid = str(started.expect("copy")["copy_uuid"])
        ended = await self.panel.finish_copies(self.session_id, copy_uuid, mono_pages=1)
        ended.expect("finish")
        return started

    async def plain_read(self) -> Answer:
        """The same bytes."""
        return await self.plain.call("GET", "/read")

    async def plain_write(self) -> Answer:
        """One row."""
        return await self.plain.call("POST", "/write", {"pages": 1, "sides": "one-sided"})

    def calls(self) -> dict[str, Callable[[], Awaitable[Answer]]]:
        """All of them, in their turns."""
        return {
            "read, our site": self.our_read,
            "read, plain": self.plain_read,
            "write, our site": self.our_write,
            "write, plain": self.plain_write,
        }


@asynccontextmanager
async def plain_server(folder: Path, site: SiteNode) -> AsyncIterator[JsonClient]:
    """The floor, and a client of it."""
    ready, identity = folder / "plain.port", site.server.data_folder / "identity"
    argv = ("-m", "bench.plain_server", str(identity), str(folder / "plain.db"), str(ready))
    command = Command(
        name="plain server", argv=(sys.executable, *argv), log_path=folder / "plain.log"
    )
    async with Children() as children:
        child = await children.start(command)

        async def port() -> str | None:
            child.check_alive()
            return ready.read_text() if ready.exists() else None

        url = f"https://localhost:{await until(port, 'the plain server', within_ms=START_MS)}"
        async with JsonClient(url, site.ca_path, "") as client:
            yield client


async def one_round(call: Callable[[], Awaitable[Answer]], calls: int) -> list[float]:
    """Milliseconds of each call."""
    took = []
    for _ in range(calls):
        answer = await call()
        answer.expect("an answer")
        took.append(answer.latency_us / 1000)
    return took


async def measure(folder: Path) -> Samples:
    """All calls in turns."""
    samples: Samples = {}
    async with open_lab(LabPlan(folder=folder, site_names=(SITE,))) as lab:
        await lab.start_primary()
        await lab.start_printer(SITE)
        site = await lab.start_site(SITE)
        credit = await lab.primary.api.adjust("ada", CREDIT_MICROS, request_id="bench")
        credit.expect("credit")
        panel = (await lab.open_branch(SITE)).panel
        session_id = await panel.session(people()["ada"].card_number)
        async with plain_server(folder, site) as plain:
            sides = Sides(panel=panel, session_id=session_id, plain=plain)
            for call in sides.calls().values():
                await one_round(call, WARM_UP)
            for _ in range(ROUNDS):
                for name, call in sides.calls().items():
                    samples.setdefault(name, []).append(await one_round(call, CALLS))
    return samples


def figure_of(samples: Samples, kind: str, *, what: str) -> Figure:
    """Our site beside the floor."""
    ours, floor = samples[f"{kind}, our site"], samples[f"{kind}, plain"]
    value, peer = (
        percentile([one for taken in side for one in taken], 50) for side in (ours, floor)
    )
    return Figure(
        name="serve" if kind == "write" else f"serve, {kind}",
        value=value,
        unit="ms",
        peer=peer,
        target=f"<= {TARGETS_MS[kind]:g} ms",
        met=value <= TARGETS_MS[kind],
        what=what,
        beside="plain aiohttp" + (" and plain SQLite" if kind == "write" else ""),
        rounds=ratios([percentile(r, 50) for r in ours], [percentile(r, 50) for r in floor]),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("serve", __doc__)
    began_s = perf_counter()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        samples = asyncio.run(measure(Path(name)))
    for name, rounds in samples.items():
        all_of = [one for taken in rounds for one in taken]
        print(
            f"{name}: median {percentile(all_of, 50):.2f} ms, p99 {percentile(all_of, 99):.2f} ms"
        )
    print(f"measured in {perf_counter() - began_s:.0f} s")
    start, listing = "start of a copy session at a panel, median", "list of held jobs, median"
    return run.end(
        figure_of(samples, "write", what=start),
        figure_of(samples, "read", what=listing),
    )


if __name__ == "__main__":
    sys.exit(main())
