"""What happens in a simulation, drawn from its seed: people's work, and faults among it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, Self

from chaos.faults.clock_jumped import ClockJumped
from chaos.faults.disk_full import DiskFull
from chaos.faults.disk_put_back import DiskPutBack
from chaos.faults.headquarters_restored import HeadquartersRestored
from chaos.faults.panel_repeats import PanelRepeats
from chaos.faults.power_cut import PowerCut
from chaos.faults.printer_off import PrinterOff
from chaos.faults.process_killed import ProcessKilled
from chaos.faults.site_cloned import SiteCloned
from chaos.faults.site_revoked import SiteRevoked
from chaos.faults.wan_cut import WanCut
from chaos.faults.wan_reorder import WanReorder
from chaos.faults.wan_repeats import WanRepeats
from chaos.faults.wan_reset import WanReset
from chaos.faults.wan_slow import WanSlow
from chaos.faults.wan_straggler import WanStraggler
from chaos.faults.wan_trickle import WanTrickle
from chaos.sim.chance import part_of
from chaos.sim.organisation import SITE_NAMES, user_names
from chaos.sim.step import Frame, Step
from chaos.sim.workload.adjusting import Adjusting
from chaos.sim.workload.changing_policy import ChangingPolicy
from chaos.sim.workload.changing_prices import ChangingPrices
from chaos.sim.workload.claiming import Claiming
from chaos.sim.workload.copying import Copying
from chaos.sim.workload.crowding import Crowding
from chaos.sim.workload.deleting import Deleting
from chaos.sim.workload.editing_cards import EditingCards
from chaos.sim.workload.editing_people import EditingPeople
from chaos.sim.workload.intruding import Intruding
from chaos.sim.workload.ordering import Ordering
from chaos.sim.workload.printing import Printing
from chaos.sim.workload.settling import Settling

if TYPE_CHECKING:
    from random import Random


class Drawn(Step, Protocol):
    """A kind of steps."""

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of them."""
        ...


WORK: Final[tuple[tuple[type[Drawn], int], ...]] = (
    (Printing, 30),
    (Copying, 12),
    (Deleting, 4),
    (Adjusting, 6),
    (Ordering, 3),
    (Settling, 6),
    (Crowding, 1),
    (Intruding, 4),
    (Claiming, 6),
    (EditingPeople, 3),
    (EditingCards, 2),
    (ChangingPrices, 1),
    (ChangingPolicy, 2),
)
"""Kinds of work, and how many of each per site and hour."""
FAULTS: Final[tuple[tuple[type[Drawn], int], ...]] = (
    (WanCut, 5),
    (WanSlow, 2),
    (ProcessKilled, 4),
    (ClockJumped, 1),
    (PrinterOff, 2),
    (PowerCut, 2),
    (DiskFull, 1),
    (WanTrickle, 1),
    (WanReset, 3),
    (WanStraggler, 2),
    (WanRepeats, 2),
    (WanReorder, 2),
    (PanelRepeats, 2),
    (SiteRevoked, 1),
    (SiteCloned, 1),
    (DiskPutBack, 1),
    (HeadquartersRestored, 1),
)
"""Kinds of faults, and how many of each per site and hour where a seed has this kind at all."""
HOUR_MS: Final = 3_600_000
FAULT_KINDS: Final = tuple(kind.__name__ for kind, _ in FAULTS)
"""By their names."""


def plan_of(seed: int, sites: int, hours: float) -> tuple[Step, ...]:
    """The steps in order. Each seed has some kinds of faults, and some of them much."""
    random = part_of(seed, "plan")
    frame = Frame(
        site_names=SITE_NAMES[:sites],
        user_names=user_names(),
        length_ms=int(hours * HOUR_MS),
    )
    steps: list[Step] = []
    for kind, per_hour in WORK:
        steps += _drawn(kind, per_hour * sites * hours, random, frame)
    for kind, per_hour in FAULTS:
        much = random.choice((0.0, 0.5, 1.0, 4.0))
        steps += _drawn(kind, per_hour * sites * hours * much, random, frame)
    return tuple(sorted(steps, key=lambda step: step.at_ms))


def _drawn(kind: type[Drawn], count: float, random: Random, frame: Frame) -> list[Step]:
    # In a small plan there is one of a rare kind now and then, and not never.
    return [kind.draw(random, frame) for _ in range(int(count + random.random()))]
