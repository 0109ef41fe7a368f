"""A new site dies again and again while it fetches its first replica over a narrow line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.waiting import until
from chaos.live_scenarios.installation import LINK
from chaos.live_scenarios.machine.hands import WITHIN_MS, crash, kill_part, start_again
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live_scenarios.stage import Stage

PLAN: Final = Plan(site_names=("oslo",), late=("lima",), cards=20_000)
NARROW: Final = {"link": {**LINK, "bytes_per_s_max": 300_000}}
KILLS: Final = 2
STEP_BYTES: Final = 600_000
"""More than this arrives between two kills."""


async def _play(stage: Stage) -> None:
    lab = stage.lab
    await lab.start_printer("lima")
    site = await lab.join_site("lima", NARROW)
    await site.start()
    mirror, arrived = site.server.data_folder / "mirror", 0
    for _ in range(KILLS):
        arrived = await _until_more(mirror, arrived + STEP_BYTES)
        await crash(stage, site.server)
        stage.say(f"killed with {arrived} bytes of the directory", "lima")
        kept = _bytes_in(mirror)
        await start_again(stage, site.server)
        stage.check(kept >= arrived, "what had arrived is still there")
    await kill_part(stage, site.server, "applier")
    await stage.open("lima")
    async with stage.at_work():
        await stage.visits(2)
    stage.check(not stage.troubles("lima"), "people work at the new site")


async def _until_more(mirror: Path, wanted: int) -> int:
    async def enough() -> int | None:
        found = _bytes_in(mirror)
        return found if found >= wanted else None

    return await until(enough, f"{wanted} bytes at lima", within_ms=WITHIN_MS, every_ms=20)


def _bytes_in(mirror: Path) -> int:
    total = 0
    for path in mirror.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # renamed meanwhile: it is counted under its new name next time
    return total


SCENARIO: Final = Scenario(
    name="site-killed-in-bootstrap",
    story=(
        "A new site fetches the directory over a narrow line. The machine dies twice on the way,"
        " and the applier is killed at the end. The site goes on where it was, and opens."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "A SafeQ branch cache can get into a state that only deletion fixes, and restarts of it are"
        " a careful procedure, best with headquarters up and no load."
    ),
    play=_play,
    plan=PLAN,
)
