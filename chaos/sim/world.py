"""Everything in one simulation: headquarters, its sites, their lines, printers and disks.

The world owns what survives a process: folders, printers, lines, and what was seen. A process is a
`Life` on a `Machine`.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from chaos.checkers.replica_follows import Applied
from chaos.directory_log import DirectoryLog
from chaos.errors import NotReadyError
from chaos.sim import chance
from chaos.sim.called import call_event, link_event
from chaos.sim.calling import FarEnd
from chaos.sim.clock import MachineClock
from chaos.sim.disks import UNBOUNDED
from chaos.sim.door import Asked
from chaos.sim.doors import LINK_PATH
from chaos.sim.gauges import Gauges
from chaos.sim.headquarters import PrimaryParts, PrimaryRun
from chaos.sim.looking import look_at_primary, look_at_site
from chaos.sim.machine import Machine
from chaos.sim.organisation import HEADQUARTERS, LIMITS, SITE_NAMES, organisation
from chaos.sim.paper import SimulatedPrinter
from chaos.sim.shipping import Shipped
from chaos.sim.site import SiteParts, SiteRun
from chaos.sim.wan import Line
from primary import organisation_load
from primary.service.organisation import create
from replication.adapters.components import crsqlite_path
from replication.adapters.downloads import LinkDownError
from replication.errors import StorageFullError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine
    from pathlib import Path

    from chaos.history import HistoryFile
    from chaos.sim.disks import Disks
    from chaos.sim.door import Answered
    from chaos.sim.handshake import Papers
    from chaos.sim.link_wire import LinkWire
    from chaos.sim.loop import Life, VirtualLoop
    from chaos.sim.wan import End
    from replication.position import Position

RESTART_S: Final = 5.0
"""After which a service manager starts a process again that ended with an error."""


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
        self.directory_log = DirectoryLog()
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
        self.held_twice: Counter[str] = Counter()
        """Allowances, by payer, that were on a disk when it was copied."""
        self.attended: set[str] = set()
        """Sites at which an administrator is."""
        self._processes: set[asyncio.Task[None]] = set()

    def let_disks_fail(self, disks: Disks) -> None:
        """Before it begins: power may be cut, and disks may be full."""
        self._disks = disks
        for machine in self.machines.values():
            disks.use(machine.disk)
            machine.disks = disks

    def create(self) -> None:
        """Headquarters is made, and its process starts, for the first time."""
        machine = self.machines[HEADQUARTERS]
        made = organisation(self.site_names, chance.part_of(self.seed, "organisation"), self.credit)
        create(machine.folder, organisation_load.load(made), machine.clock)
        self._start_primary()

    def _start_primary(self) -> None:
        machine = self.machines[HEADQUARTERS]
        if machine.life.is_alive or machine.is_in_hands:
            return
        life = machine.new_life()
        self.primary = PrimaryRun(
            PrimaryParts(
                folder=machine.folder,
                clock=machine.clock,
                shipped=self.shipped,
                extension=self.extension,
                loop=self.loop,
                directory_log=self.directory_log,
                gauges=self.gauges,
                on_link=self._link_ended,
            ),
            life,
        )
        self._watched(life, self.primary.run())

    def _start_site(self, site_name: str) -> None:
        machine = self.machines[site_name]
        if machine.life.is_alive or machine.is_in_hands:
            return
        life = machine.new_life()
        site = self.sites[site_name] = SiteRun(
            SiteParts(
                folder=machine.folder,
                clock=machine.clock,
                far_end=FarEnd(line=self.lines[machine.site_name], headquarters=self),
                printer=self.printers[machine.site_name],
                extension=self.extension,
                limits=self.limits,
                disk_fails=self._disks is not None,
                on_applied=partial(self._applied, machine.replica_name),
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
        """Start the process of that machine, unless it runs.

        On a full disk it may refuse to. Then it is tried again, as a service manager does.
        """
        try:
            if machine == HEADQUARTERS:
                self._start_primary()
            else:
                self._start_site(machine)
        except StorageFullError:
            self._start_again(machine)

    def _start_again(self, machine: str) -> None:
        self.kill(machine)
        self.loop.call_later(RESTART_S, self.start, machine)

    # What a site finds at the other end of its line: see `calling.Headquarters`.

    def call(self, line: Line, papers: Papers) -> End | None:
        """A connection; None where nobody answers."""
        if self.primary is None or not self.primary.is_open:
            return None
        end = self.primary.call(line, papers)
        if end is None:
            clock = self.machines[HEADQUARTERS].clock
            now = clock.monotonic_ms(), clock.wall_ms()
            self.history.event(call_event(papers, Asked(path=LINK_PATH), None, now, now[0]))
        return end

    async def ask(self, papers: Papers, asked: Asked) -> Answered | None:
        """See `PrimaryRun`."""
        if self.primary is None:
            raise LinkDownError
        clock = self.machines[HEADQUARTERS].clock
        began = clock.monotonic_ms(), clock.wall_ms()
        answered = await self.primary.ask(papers, asked)
        self.history.event(call_event(papers, asked, answered, began, clock.monotonic_ms()))
        return answered

    def _link_ended(self, wire: LinkWire) -> None:
        self.history.event(link_event(wire, self.machines[HEADQUARTERS].clock))

    def look(self) -> None:
        """At how large everything has become, and at the disks' record."""
        for name, site in self.sites.items():
            look_at_site(self.gauges, name, site)
        if self.primary is not None:
            look_at_primary(self.gauges, HEADQUARTERS, self.primary)
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
        if self.machines[task.get_name()].fillings and _is_of_full_disk(error):
            self._start_again(task.get_name())
            return
        self.loop.call_exception_handler(
            {"message": f"the process {task.get_name()} ended by itself", "exception": error}
        )


def _is_of_full_disk(error: BaseException | None) -> bool:
    """Whether nothing else was wrong."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_of_full_disk, error.exceptions))
    return isinstance(error, StorageFullError)
