"""How long a site takes to decide while its WAN is cut, beside the same site with the WAN up.

One site of a real lab. A card login and the start of a copy session (price, credit, reservation and
journal entry, on disk before the answer) are timed over HTTPS on loopback, in four phases of one
run: up, cut, up, cut. The peer is the site itself with the line up: the promise is that nothing
changes.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.figure import Figure, percentile
from chaos.live.lab import FAST_LINK, Lab, LabPlan, open_lab
from chaos.live.panel import Copies
from chaos.live.waiting import until
from chaos.scenarios.main_job_steps import people

if TYPE_CHECKING:
    from chaos.live.panel import Panel

SITE: Final = "oslo"
VISITS_PER_PHASE: Final = 250
CREDIT_MICROS: Final = 10**12
ONE_PAGE: Final = Copies(pages=1)
LINK_TIMEOUT_MS: Final = 60_000
TARGET_RATIO: Final = 1.2

Samples = dict[tuple[str, str], list[float]]
"""(decision, phase) to milliseconds."""


async def visits(panel: Panel, card_number: str, phase: str, samples: Samples) -> None:
    """Ordinary visits at the panel, timed."""
    for _ in range(VISITS_PER_PHASE):
        login = await panel.log_in(card_number)
        session_id = str(login.expect("log in")["session_id"])
        started = await panel.start_copies(session_id, ONE_PAGE)
        copy_uuid = str(started.expect("start to copy")["copy_uuid"])
        (await panel.finish_copies(session_id, copy_uuid, mono_pages=1)).expect("finish")
        await panel.log_out(session_id)
        samples["login", phase].append(login.latency_us / 1000)
        samples["copy start", phase].append(started.latency_us / 1000)


async def until_link(lab: Lab, state: str) -> None:
    """Wait until the site itself says that its link is in `state`."""

    async def look() -> bool:
        return bool((await lab.sites[SITE].admin.status())["link_state"] == state)

    await until(look, f"{SITE} {state}", within_ms=LINK_TIMEOUT_MS)


async def measure(folder: Path) -> Samples:
    """All samples of one run."""
    samples: Samples = defaultdict(list)
    ada = people()["ada"]
    plan = LabPlan(folder=folder, site_names=(SITE,), link_timing=FAST_LINK)
    async with open_lab(plan) as lab:
        await lab.start_primary()
        await lab.start_printer(SITE)
        await lab.start_site(SITE)
        credit = await lab.primary.api.adjust("ada", CREDIT_MICROS, request_id="bench")
        credit.expect("credit")
        panel = (await lab.open_branch(SITE)).panel
        for _ in range(2):
            await until_link(lab, "online")
            await visits(panel, ada.card_number, "up", samples)
            await lab.cut(SITE)
            await until_link(lab, "offline")
            await visits(panel, ada.card_number, "cut", samples)
            await lab.heal(SITE)
    return samples


def main() -> None:
    """Measure and print the figure."""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        samples = asyncio.run(measure(Path(name)))
    for decision in ("login", "copy start"):
        for phase in ("up", "cut"):
            taken = samples[decision, phase]
            print(
                f"{decision}, {phase}: median {percentile(taken, 50):.2f} ms, "
                f"p99 {percentile(taken, 99):.2f} ms, {len(taken)} samples"
            )
    up, cut = samples["copy start", "up"], samples["copy start", "cut"]
    ratio = percentile(cut, 50) / percentile(up, 50)
    print(f"p99 ratio {percentile(cut, 99) / percentile(up, 99):.2f}")
    figure = Figure(
        name="decision",
        value=percentile(cut, 50),
        unit="ms",
        peer=percentile(up, 50),
        target=f"ratio <= {TARGET_RATIO}",
        met=ratio <= TARGET_RATIO,
    )
    print(figure.line())


if __name__ == "__main__":
    main()
