"""What happens in a simulation, drawn from its seed: people's work, and faults among it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from chaos.faults.clock_jumped import ClockJumped
from chaos.faults.disk_full import DiskFull
from chaos.faults.power_cut import PowerCut
from chaos.faults.printer_off import PrinterOff
from chaos.faults.process_killed import ProcessKilled
from chaos.faults.wan_cut import WanCut
from chaos.faults.wan_slow import WanSlow
from chaos.sim.chance import part_of
from chaos.sim.organisation import SITE_NAMES, user_names
from chaos.sim.step import Frame, Step
from chaos.sim.workload.adjusting import Adjusting
from chaos.sim.workload.copying import Copying
from chaos.sim.workload.crowding import Crowding
from chaos.sim.workload.deleting import Deleting
from chaos.sim.workload.printing import Printing

if TYPE_CHECKING:
    from random import Random


Draw = Callable[["Random", Frame], Step]
"""Draws one step of a kind."""

WORK: Final[tuple[tuple[Draw, int], ...]] = (
    (Printing.draw, 30),
    (Copying.draw, 12),
    (Deleting.draw, 4),
    (Adjusting.draw, 6),
    (Crowding.draw, 1),
)
"""Kinds of work, and how many of each per site and hour."""
FAULTS: Final[tuple[tuple[Draw, int], ...]] = (
    (WanCut.draw, 5),
    (WanSlow.draw, 2),
    (ProcessKilled.draw, 4),
    (ClockJumped.draw, 1),
    (PrinterOff.draw, 2),
    (PowerCut.draw, 2),
    (DiskFull.draw, 1),
)
"""Kinds of faults, and how many of each per site and hour where a seed has this kind at all."""
HOUR_MS: Final = 3_600_000


def plan_of(seed: int, sites: int, hours: float) -> tuple[Step, ...]:
    """The steps in order. Each seed has some kinds of faults, and some of them much."""
    random = part_of(seed, "plan")
    frame = Frame(
        site_names=SITE_NAMES[:sites],
        user_names=user_names(),
        length_ms=int(hours * HOUR_MS),
    )
    steps: list[Step] = []
    for draw, per_hour in WORK:
        steps += _drawn(draw, per_hour * sites * hours, random, frame)
    for draw, per_hour in FAULTS:
        much = random.choice((0.0, 0.5, 1.0, 4.0))
        steps += _drawn(draw, per_hour * sites * hours * much, random, frame)
    return tuple(sorted(steps, key=lambda step: step.at_ms))


def _drawn(draw: Draw, count: float, random: Random, frame: Frame) -> list[Step]:
    return [draw(random, frame) for _ in range(round(count))]
