"""Runs a plan from its beginning to its end, and says what the checkers found.

The end is always the same: every fault is over, every process runs, everything drains, and then all
promises are judged. A plan that never comes to rest has broken one, too.

One simulation per process (`chaos.seeds.fleet` forks one for each). What dead processes have left
is never cleaned up: a coroutine that is thrown away would run its `finally` after all.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import Verdict, verdict
from chaos.faults.disk_full import DiskFull
from chaos.faults.power_cut import PowerCut
from chaos.history import HistoryFile
from chaos.seeds.verdicts import final_state, opening, verdicts
from chaos.sim.beginning import begin
from chaos.sim.chance import part_of, seeded
from chaos.sim.clock import MachineClock
from chaos.sim.coverage import remembered
from chaos.sim.disks import Disks
from chaos.sim.loop import VirtualLoop
from chaos.sim.organisation import HEADQUARTERS
from chaos.sim.people import People
from chaos.sim.step import Scene
from chaos.sim.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.sim.coverage import Pair
    from chaos.sim.step import Step

WARM_UP_S: Final = 30.0
SETTLE_S: Final = 1_800.0
LOOK_S: Final = 5.0
FAULTS: Final = "chaos.faults."
ON_DISKS: Final = (PowerCut, DiskFull)
"""Faults for which the disks must be watched from the beginning."""
HISTORY: Final = "history.jsonl"
_KEPT: Final[list[World]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of a simulation."""

    verdicts: tuple[Verdict, ...]
    simulated_s: float
    steps: Counter[str]
    """How many of each kind of step."""
    faults: int
    """How many of them are faults."""
    stepped: Counter[Pair]
    """How often each event met each state of the product's machines."""
    digest: str
    """SHA-256 of the history: the same seed and code give the same."""

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The promises that were not kept. Where there was nothing to judge none was broken."""
        return tuple(each for each in self.verdicts if each.findings)


def run(seed: int, sites: int, plan: Sequence[Step], folder: Path | None = None) -> Ended:
    """Run it. `folder`: where the history is kept; None: nowhere."""
    with tempfile.TemporaryDirectory(dir=_fast_disk()) as disks:
        return _run(seed, sites, plan, (Path(disks), folder or Path(disks)))


def _fast_disk() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - made by tempfile


def _run(seed: int, sites: int, plan: Sequence[Step], folders: tuple[Path, Path]) -> Ended:
    disks, kept = folders
    disk = part_of(seed, "disk")
    loop = VirtualLoop(lambda: (disk.randint(20, 400), disk.randint(5, 50)))
    asyncio.set_event_loop(loop)
    path = kept / HISTORY
    path.unlink(missing_ok=True)
    with (
        seeded(seed),
        remembered() as stepped,
        HistoryFile(path, MachineClock(loop)) as history,
    ):
        world = World(loop, disks / "machines", seed, sites, history)
        if any(isinstance(step, ON_DISKS) for step in plan):
            world.let_disks_fail(
                Disks(
                    disks / "machines", disks / "record", part_of(seed, "what a power cut leaves")
                )
            )
        found = loop.run_until_complete(_story(world, plan))
    _KEPT.append(world)
    return Ended(
        verdicts=found,
        simulated_s=loop.time(),
        steps=Counter(type(step).__name__ for step in plan),
        faults=sum(type(step).__module__.startswith(FAULTS) for step in plan),
        stepped=stepped,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


async def _story(world: World, plan: Sequence[Step]) -> tuple[Verdict, ...]:
    await begin(world)
    before = opening(world.running_primary())
    await asyncio.sleep(WARM_UP_S)
    scene = Scene(world=world, people=People(world, count(1)))
    async with asyncio.TaskGroup() as group:
        for step in plan:
            group.create_task(_at(world.loop.time() + step.at_ms / 1000, step, scene))
    for machine in (HEADQUARTERS, *world.site_names):
        world.start(machine)
    rest = await _come_to_rest(world)
    found = await verdicts(world, await final_state(world, before))
    unhandled = [
        f"{each.get('message')}: {each.get('exception')!r}" for each in world.loop.unhandled
    ]
    healthy = verdict(0, "no_process_fails", unhandled + rest, judged=1)
    return (healthy, *found)


async def _at(when_s: float, step: Step, scene: Scene) -> None:
    await asyncio.sleep(max(0.0, when_s - scene.world.loop.time()))
    await step.do(scene)


async def _come_to_rest(world: World) -> list[str]:
    """Wait until everything is drained; what is not, after a long time."""
    end_s = world.loop.time() + SETTLE_S
    restless = ["nobody looked"]
    while restless and world.loop.time() < end_s:
        await asyncio.sleep(LOOK_S)
        restless = [name for name, site in world.sites.items() if not site.is_at_rest()]
    # Registers and watermarks of what was drained last need a moment more.
    await asyncio.sleep(WARM_UP_S)
    return [f"{name} did not come to rest in {SETTLE_S:.0f} s" for name in restless]
