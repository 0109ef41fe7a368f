"""Headquarters goes on from a backup, or from a copy of its data folder, of some minutes ago."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from chaos.history import FaultKind
from chaos.sim.hands import hands_on
from chaos.sim.joining import SITES, administer, lift
from chaos.sim.organisation import HEADQUARTERS
from primary.service.backup import back_up
from primary.service.database_copy import copy_database
from primary.service.organisation import DIRECTORY_FILE
from primary.service.restore import Wanted, as_it_lies, from_backup, restore
from primary.store.ledger import LEDGER_FILE

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from chaos.sim.machine import Machine
    from chaos.sim.step import Frame, Scene
    from chaos.sim.world import World
    from primary.service.restore import Fill


class Brings(StrEnum):
    """What comes back."""

    BACKUP = "backup"
    """`restore --from`: directory and ledger."""
    DIRECTORY = "directory"
    """The directory alone, as by `restore --to`; the ledger is as it was."""
    FOLDER = "folder"
    """The whole data folder, put back by other means; then `restore --here`."""


FORGETS: Final = frozenset({Brings.BACKUP, Brings.FOLDER})
"""What sets back the ledger, and with it what headquarters alone has done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadquartersRestored:
    """The backup is of `at_ms`; `age_ms` later it is restored, which takes `down_ms`."""

    at_ms: int
    brings: Brings
    age_ms: int
    down_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """By seconds or minutes."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            brings=random.choice(tuple(Brings)),
            age_ms=random.choice((2_000, 60_000, 400_000)),
            down_ms=random.choice((1_000, 30_000)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world = scene.world
        async with hands_on(world, HEADQUARTERS) as hands:
            if hands is None or world.primary is None:
                return
            machine = hands.machine
            kept = machine.disk.parent / f"backup of {self.at_ms}"
            as_of_ms = machine.clock.monotonic_ms()
            self._keep(machine, kept)
            await asyncio.sleep(self.age_ms / 1000)
            hands.stop()
            restored_ms = machine.clock.monotonic_ms()
            self._bring_back(machine, kept)
            await asyncio.sleep(self.down_ms / 1000)
            what = f"{as_of_ms} {restored_ms}"
            world.history.fault(FaultKind.RESTORED, HEADQUARTERS, what)
            if self.brings in FORGETS:
                world.history.fault(FaultKind.LEDGER_SET_BACK, HEADQUARTERS, what)
            hands.start()
        await _admit_again(world)

    def _keep(self, machine: Machine, kept: Path) -> None:
        if self.brings is Brings.FOLDER:
            shutil.copytree(machine.folder, kept)
        else:
            back_up(machine.folder, kept, machine.clock)

    def _bring_back(self, machine: Machine, kept: Path) -> None:
        folder = machine.folder
        if self.brings is Brings.FOLDER:
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
        wanted = Wanted(data_dir=folder, ledger=folder / LEDGER_FILE, fill=self._fill(folder, kept))
        restore(wanted, machine.clock)

    def _fill(self, folder: Path, kept: Path) -> Fill:
        if self.brings is Brings.BACKUP:
            return from_backup(kept)
        if self.brings is Brings.FOLDER:
            return as_it_lies(folder)

        def fill(beside: Path) -> None:
            copy_database(kept / DIRECTORY_FILE, beside / DIRECTORY_FILE)

        return fill


async def _admit_again(world: World) -> None:
    """Sites that the restored directory shuts out, and nobody is at: those of before the backup."""
    listed = (await administer(world, "GET", SITES)).json()["items"]
    for site_name in [each["site_name"] for each in listed if each["state"] == "revoked"]:
        async with hands_on(world, site_name) as hands:
            if hands is not None:
                await lift(world, site_name)
                await hands.join_again()
