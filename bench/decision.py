"""How long a site takes to decide while its WAN is cut, beside the same site with the WAN up.

One site of a real lab. A card login and the start of a copy session (price, credit, reservation and
journal entry, on disk before the answer) are timed over HTTPS on loopback, in six phases of one
run: up and cut, three times. The peer is the site itself with the line up: the promise is that
nothing changes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.figure import Figure, percentile, ratios
from bench.run import begin
from chaos.live.lab import FAST_LINK, Lab, LabPlan, open_lab
from chaos.live.panel import Copies
from chaos.live.waiting import until
from chaos.scenarios.main_job_steps import people

if TYPE_CHECKING:
    from chaos.live.panel import Panel

SITE: Final = "oslo"
ROUNDS: Final = 3
VISITS_PER_PHASE: Final = 170
CREDIT_MICROS: Final = 10**12
ONE_PAGE: Final = Copies(pages=1)
LINK_TIMEOUT_MS: Final = 60_000
TARGET_RATIO: Final = 1.2
MEDIAN: Final = 50
TITLES: Final = {"copy start": "start of a copy session", "login": "card login"}

Samples = dict[tuple[str, str], list[list[float]]]
"""(decision, phase) to milliseconds, round by round."""


async def visits(panel: Panel, card_number: str, phase: str, samples: Samples) -> None:
    """A round of ordinary visits at the panel, timed."""
    logins, starts = [], []
    for _ in range(VISITS_PER_PHASE):
        login = await panel.log_in(card_number)
        session_id = str(login.expect("log in")["session_id"])
        started = await panel.start_copies(session_id, ONE_PAGE)
        copy_uuid = str(started.expect("start to copy")["copy_uuid"])
        (await panel.finish_copies(session_id, copy_uuid, mono_pages=1)).expect("finish")
        await panel.log_out(session_id)
        logins.append(login.latency_us / 1000)
        starts.append(started.latency_us / 1000)
    samples["login", phase].append(logins)
    samples["copy start", phase].append(starts)


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
        for _ in range(ROUNDS):
            await until_link(lab, "online")
            await visits(panel, ada.card_number, "up", samples)
            await lab.cut(SITE)
            await until_link(lab, "offline")
            await visits(panel, ada.card_number, "cut", samples)
            await lab.heal(SITE)
    return samples


def figure_of(samples: Samples, decision: str, percent: float) -> Figure:
    """The site cut off beside itself with the line up."""

    def each(phase: str) -> list[float]:
        return [percentile(taken, percent) for taken in samples[decision, phase]]

    def all_of(phase: str) -> float:
        return percentile([one for taken in samples[decision, phase] for one in taken], percent)

    cut, up = all_of("cut"), all_of("up")
    word = "median" if percent == MEDIAN else f"p{percent}"
    is_judged = decision == "copy start" and percent == MEDIAN
    return Figure(
        name="decision" if is_judged else f"decision, {decision}, {word}",
        value=cut,
        unit="ms",
        peer=up,
        target=f"ratio <= {TARGET_RATIO}",
        met=cut / up <= TARGET_RATIO,
        what=f"{TITLES[decision]}, WAN cut, {word}",
        beside="the same with the WAN up",
        rounds=ratios(each("cut"), each("up")),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("decision", __doc__)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        samples = asyncio.run(measure(Path(name)))
    kinds = (("copy start", MEDIAN), ("copy start", 99), ("login", MEDIAN), ("login", 99))
    return run.end(*(figure_of(samples, decision, percent) for decision, percent in kinds))


if __name__ == "__main__":
    sys.exit(main())
