"""Everything in one simulation: headquarters, its sites, their lines, printers and disks.

The world owns what survives a process: folders, printers, lines, and what was seen. A process is a
`Life`; when it ends, its folder is copied for the next one, so that files which the dead one still
has open are no longer anybody's. Where its power was cut the next one gets what the disk has kept
(`chaos.sim.disks`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from chaos.checkers.replica_follows import Applied
from chaos.errors import NotReadyError
from chaos.sim import chance
from chaos.sim.clock import MachineClock
from chaos.sim.disks import UNBOUNDED
from chaos.sim.gauges import Gauges
from chaos.sim.headquarters import PrimaryParts, PrimaryRun
from chaos.sim.loop import Life
from chaos.sim.organisation import LIMITS, SITE_NAMES, organisation
from chaos.sim.paper import SimulatedPrinter
from chaos.sim.shipping import Shipped
from chaos.sim.site import SiteParts, SiteRun
from chaos.sim.wan import Line
from primary import organisation_load
from primary.service.organisation import CARD_KEY_FILE, create
from replication.adapters.components import crsqlite_path
from replication.adapters.downloads import LinkDownError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from chaos.history import HistoryFile
    from chaos.sim.disks import Disks
    from chaos.sim.loop import VirtualLoop
    from chaos.sim.wan import End
    from replication.known_entry import KnownEntry
    from replication.manifest import LtxName, Manifest
    from replication.position import Position

EPOCH: Final = 1
HEADQUARTERS: Final = "headquarters"


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
                if not self.folder.exists():  # a power cut has made it already
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


class World:
    """`seed` decides everything; `folder` is empty and on a fast disk."""

    def __init__(
        self, loop: VirtualLoop, folder: Path, seed: int, sites: int, history: HistoryFile
    ) -> None:
        self._disks: Disks | None = None
        self.loop = loop
        self.seed = seed
        self.history = history
        self.shipped = Shipped()
        self.site_names = SITE_NAMES[:sites]
        self.lines = {
            name: Line(chance.part_of(seed, f"line of {name}")) for name in self.site_names
        }
        self.printers = {name: SimulatedPrinter(f"{name}-laser") for name in self.site_names}
        self.machines = {
            name: Machine(name, folder / name, MachineClock(loop))
            for name in (HEADQUARTERS, *self.site_names)
        }
        self.credit = chance.part_of(seed, "credit").choice(("strict", "replica_balance"))
        self.limits = chance.part_of(seed, "limits").choice(LIMITS)
        self.gauges = Gauges(history)
        self.extension = crsqlite_path(os.environ)
        self.primary: PrimaryRun | None = None
        self.sites: dict[str, SiteRun] = {}
        self.applied: list[Applied] = []
        self.repeating_panels: Counter[str] = Counter()
        """Sites whose panels ask everything twice, for they never hear the first answer."""
        self._processes: set[asyncio.Task[None]] = set()
        self._card_key = b""

    def let_disks_fail(self, disks: Disks) -> None:
        """Before it begins: power may be cut, and disks may be full."""
        self._disks = disks
        for machine in self.machines.values():
            disks.use(machine.disk)
            machine.disks = disks

    async def begin(self) -> None:
        """Everything is made and started, for the first time."""
        machine = self.machines[HEADQUARTERS]
        made = organisation(self.site_names, chance.part_of(self.seed, "organisation"), self.credit)
        create(machine.folder, organisation_load.load(made), machine.clock)
        self._card_key = bytes.fromhex((machine.folder / CARD_KEY_FILE).read_text().strip())
        self._start_primary()
        for name in self.site_names:
            self.machines[name].folder.mkdir(parents=True)
            if self.primary is not None:
                await self.primary.directory.new_epoch(name)
            self._start_site(name)

    def _start_primary(self) -> None:
        machine = self.machines[HEADQUARTERS]
        if machine.life.is_alive:
            return
        life = machine.new_life()
        self.primary = PrimaryRun(
            PrimaryParts(
                folder=machine.folder,
                clock=machine.clock,
                shipped=self.shipped,
                extension=self.extension,
                loop=self.loop,
                gauges=self.gauges,
            ),
            life,
        )
        self._watched(life, self.primary.run())

    def _start_site(self, site_name: str) -> None:
        machine = self.machines[site_name]
        if machine.life.is_alive:
            return
        life = machine.new_life()
        site = self.sites[site_name] = SiteRun(
            SiteParts(
                site_name=site_name,
                epoch=EPOCH,
                folder=machine.folder,
                clock=machine.clock,
                line=self.lines[site_name],
                headquarters=self,
                printer=self.printers[site_name],
                extension=self.extension,
                card_key=self._card_key,
                limits=self.limits,
                disk_fails=machine.disks is not None,
                on_applied=partial(self._applied, site_name),
            )
        )
        self._watched(life, site.run())

    def kill(self, machine: str) -> None:
        """Kill -9: the kernel says farewell for it."""
        self.machines[machine].end_life()
        if machine == HEADQUARTERS and self.primary is not None:
            self.primary.hang_up()
            self.primary = None
        site = self.sites.pop(machine, None)
        if site is not None:
            site.hang_up()

    def cut_power(self, machine: str) -> None:
        """The machine is dark: nobody says farewell for it, and its disk forgets."""
        self.machines[machine].lose_power(self._failing())
        if machine == HEADQUARTERS and self.primary is not None:
            self.primary.vanish()
            self.primary = None
        site = self.sites.pop(machine, None)
        if site is not None:
            site.vanish()

    def fill_disk(self, machine: str, room_bytes: int) -> None:
        """Files of that machine may grow by so much, and no more."""
        each = self.machines[machine]
        each.fillings += 1
        self._failing().set_room(each.disk, room_bytes)

    def make_room(self, machine: str) -> bool:
        """Take one filling back; whether there is room now."""
        each = self.machines[machine]
        each.fillings -= 1
        if each.fillings == 0:
            self._failing().set_room(each.disk, UNBOUNDED)
        return each.fillings == 0

    def _failing(self) -> Disks:
        if self._disks is None:
            raise NotReadyError("The disks of this simulation never fail.")
        return self._disks

    def start(self, machine: str) -> None:
        """Start the process of that machine, unless it runs."""
        if machine == HEADQUARTERS:
            self._start_primary()
        else:
            self._start_site(machine)

    # What a site finds at the other end of its line: see `calling.Headquarters`.

    def call(self, line: Line, site_name: str, epoch: int) -> End | None:
        """A connection; None where nobody answers."""
        return None if self.primary is None else self.primary.call(line, site_name, epoch)

    async def manifest(self, site_name: str, epoch: int, after_txid: int) -> Manifest:
        """See `PrimaryRun`."""
        return await self._there().manifest(site_name, epoch, after_txid)

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """See `PrimaryRun`."""
        return await self._there().deltas(lineage, base_txid, txid)

    async def file(self, lineage: str, name: LtxName) -> bytes:
        """See `PrimaryRun`."""
        return await self._there().file(lineage, name)

    async def known_entry(self, site_name: str, epoch: int, seq: int) -> KnownEntry:
        """See `PrimaryRun`."""
        return await self._there().known_entry(site_name, epoch, seq)

    def _there(self) -> PrimaryRun:
        if self.primary is None:
            raise LinkDownError
        return self.primary

    def look(self) -> None:
        """At how large everything has become, and at the disks' record."""
        for name, site in self.sites.items():
            self.gauges.look(name, site)
        if self.primary is not None:
            self.gauges.look_at_primary(HEADQUARTERS, self.primary)
        if self._disks is not None:
            self._disks.keep_short()

    def running_primary(self) -> PrimaryRun:
        """Headquarters' process."""
        if self.primary is None:
            raise NotReadyError("Headquarters does not run.")
        return self.primary

    def _applied(self, site_name: str, position: Position, content: str) -> None:
        self.applied.append(
            Applied(
                site_name=site_name,
                lineage=position.lineage,
                txid=position.txid,
                content=content,
            )
        )

    def _watched(self, life: Life, work: Coroutine[object, object, None]) -> None:
        """A process that ends by itself ends the simulation: it must not."""
        task = self.loop.start(life, work, life.name)
        task.add_done_callback(self._ended)
        self._processes.add(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        self.loop.call_exception_handler(
            {"message": f"the process {task.get_name()} ended by itself", "exception": error}
        )
