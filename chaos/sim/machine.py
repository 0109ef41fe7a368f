"""A machine of a simulation: its disk, its clock, and the process on it.

When a process ends, its folder is copied for the next one, so that files which the dead one still
has open are no longer anybody's. Where the power was cut the next one gets what the disk has kept
(`chaos.sim.disks`).
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.sim.loop import Life
from chaos.sim.organisation import site_of

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.sim.clock import MachineClock
    from chaos.sim.disks import Disks


@dataclass(slots=True)
class Machine:
    """One machine: its disk, its clock, and the process on it, if one runs."""

    name: str
    disk: Path
    clock: MachineClock
    runs: int = 0
    life: Life = field(default_factory=lambda: Life("nobody", is_alive=False))
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the present process dies."""
    disks: Disks | None = None
    """None where disks never fail."""
    fillings: int = 0
    """How often its disk was filled without room being made since."""
    past: int = 0
    """Counts the times that another disk, or an older state of it, took its place."""
    is_in_hands: bool = False
    """Whether an administrator is at it: nobody else starts its process."""

    @property
    def site_name(self) -> str:
        """The site that it is; a copy of its disk is the same one."""
        return site_of(self.name)

    @property
    def replica_name(self) -> str:
        """What its replica is called by whoever follows it: on another disk it is another one."""
        return f"{self.name} ({self.past})" if self.past else self.name

    @property
    def folder(self) -> Path:
        """The data folder of the present process."""
        return self.disk / str(self.runs)

    def new_life(self) -> Life:
        """A process starts on what the one before it left."""
        former = self.folder
        self.runs += 1
        if self.disks is None:
            shutil.copytree(former, self.folder)
        else:
            with self.disks.with_room(self.disk):
                shutil.copytree(former, self.folder)
            self.disks.begin(self.disk, self.folder)
        self.life, self.gone = Life(self.name), asyncio.Event()
        return self.life

    def end_life(self) -> None:
        """The process is killed."""
        self.life.end()
        self.gone.set()

    def lose_power(self, disks: Disks) -> None:
        """The process ends, and the disk has what it has."""
        self.end_life()
        with disks.with_room(self.disk):
            disks.power_cut(self.disk, self.disk / str(self.runs + 1))
        self.runs += 1
