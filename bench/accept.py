"""How many documents a second a site takes over IPP into its hold queue, each safe on the disk.

Eight clients send the same document of 20 pages over kept connections, one Print-Job each time. Our
site answers once document, job and journal entry are synced. Two peers in turns with it, under the
same clients: a real cupsd with a held queue (its files synced when they are closed), and Debian's
`ippeveprinter`, which is a printer: it takes one document at a time, says busy to all others, and
syncs nothing. All three without TLS.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bench.cups import cups
from bench.figure import Figure, percentile, ratios
from bench.run import begin
from chaos.live.ipp_client import IppBusyError, IppClient
from chaos.live.lab import LabPlan, open_lab
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from chaos.live.nodes import SiteNode

SITE: Final = "oslo"
CLIENTS: Final = 8
OWNERS: Final = ("ada", "grace", "mary", "emmy")
DOCUMENTS: Final = 160
PRINTER_DOCUMENTS: Final = 24
ROUNDS: Final = 3
PAGES: Final = (PageInk.MONO,) * 20
BUSY_PAUSE_S: Final = 0.005
SETTLE_MS: Final = 60_000
TARGET_RATIO: Final = 0.25
TARGET_RATE: Final = 50.0
"""A branch of 1,000 people where each prints within the same 20 seconds."""


class Sending:
    """Several clients that hand in the same document until enough are taken."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self.took_ms: list[float] = []

    async def rate(
        self, make: Callable[[], IppClient], documents: int, *, is_held: bool = False
    ) -> float:
        """Documents taken in a second."""
        numbers = iter(range(documents))
        self.took_ms.clear()
        began_s = perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                user_name = OWNERS[number % len(OWNERS)]
                group.create_task(self._client(make, numbers, user_name, is_held=is_held))
        return documents / (perf_counter() - began_s)

    async def _client(
        self,
        make: Callable[[], IppClient],
        numbers: Iterator[int],
        user_name: str,
        *,
        is_held: bool,
    ) -> None:
        async with make() as client:
            for _ in numbers:
                began_s = perf_counter()
                await self._taken(client, user_name, is_held=is_held)
                self.took_ms.append((perf_counter() - began_s) * 1000)

    async def _taken(self, client: IppClient, user_name: str, *, is_held: bool) -> None:
        for _ in count():
            try:
                await client.print_job(user_name, self._document, is_held=is_held)
            except IppBusyError:
                await asyncio.sleep(BUSY_PAUSE_S)
            else:
                return


async def until_counted(site: SiteNode) -> None:
    """Return once the site has nothing left to do with what it took."""

    async def idle() -> bool:
        return not any(job.state == "accepted" for job in await site.admin.jobs())

    await until(idle, "the pages to be counted", within_ms=SETTLE_MS, every_ms=200)


async def measure(folder: Path) -> dict[str, list[float]]:
    """Documents a second, round by round."""
    sending = Sending(write_document("report", PAGES).content)
    rates: dict[str, list[float]] = {"our site": [], "cupsd": [], "ippeveprinter": []}
    async with open_lab(LabPlan(folder=folder / "lab", site_names=(SITE,))) as lab:
        await lab.start_primary()
        printer = await lab.start_printer(SITE)
        site = await lab.start_site(SITE)
        txid = await lab.primary.api.txid()
        await until(lambda: site.has_directory(txid), "a replica", within_ms=SETTLE_MS)
        async with cups(folder / "cups") as peer:
            sides: dict[str, Callable[[], Awaitable[float]]] = {
                "our site": lambda: sending.rate(
                    lambda: IppClient(site.ipp_port, f"/printers/{SITE}-secure"), DOCUMENTS
                ),
                "cupsd": lambda: sending.rate(peer.client, DOCUMENTS, is_held=True),
                "ippeveprinter": lambda: sending.rate(
                    lambda: IppClient(printer.port, "/ipp/print"), PRINTER_DOCUMENTS
                ),
            }
            for side in sides.values():
                await side()  # warms up
            await until_counted(site)
            for _ in range(ROUNDS):
                for name, side in sides.items():
                    rates[name].append(await side())
                    await until_counted(site)
                    took = sorted(sending.took_ms)
                    print(
                        f"{name}: {rates[name][-1]:.0f}/s; one document: median "
                        f"{percentile(took, 50):.1f} ms, p99 {percentile(took, 99):.1f} ms",
                        flush=True,
                    )
    return rates


def figure_of(name: str, rates: dict[str, list[float]], peer: str) -> Figure:
    """Our site beside one of the peers."""
    ours, others = rates["our site"], rates[peer]
    return Figure(
        name=name,
        value=median(ours),
        unit="documents/s",
        peer=median(others),
        target=f">= {TARGET_RATE:g}/s and ratio to cupsd >= {TARGET_RATIO}",
        met=median(ours) >= max(TARGET_RATE, TARGET_RATIO * median(rates["cupsd"])),
        what="documents of 20 pages taken over IPP into the hold queue, durable",
        beside=peer,
        rounds=ratios(ours, others),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("accept", __doc__)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        rates = asyncio.run(measure(Path(name)))
    return run.end(
        figure_of("accept", rates, "cupsd"),
        figure_of("accept, printer", rates, "ippeveprinter"),
    )


if __name__ == "__main__":
    sys.exit(main())
