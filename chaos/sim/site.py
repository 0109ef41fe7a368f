"""A site in a simulation: its services over real files, without its doors and its processes.

What is real: everything below `site_server.services` and `site_server.far_side`, the journal, the
replica's readers, the registers, the spool. What is simulated: time, the line, the printer, the
pages of a document, and the process of the applier.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.errors import NotReadyError
from chaos.sim.calling import Calling
from chaos.sim.handshake import Papers, dialling
from chaos.sim.paper import ReadsPages
from chaos.sim.replica import AppliedHere
from failure_modes.job_lifecycle import JobState
from failure_modes.link import UP
from primary.certificates import end_of
from replication.adapters.crsqlite import Registers
from replication.adapters.replica import Replica
from site_server.adapters.identity import Identity, load
from site_server.adapters.spool import Spool
from site_server.config import Config
from site_server.data_folder import DataFolder
from site_server.far_side import FarSide
from site_server.near_side import NearSide
from site_server.service.ground import Ground
from site_server.service.index_held_jobs import IndexHeldJobs
from site_server.service.supervise import Supervisor
from site_server.services import Outside, Services, make_services
from site_server.store.directory import Directory
from site_server.store.site_store import SiteStore
from site_server.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.sim.calling import FarEnd
    from chaos.sim.clock import MachineClock
    from chaos.sim.paper import SimulatedPrinter
    from replication.messages import Hello
    from replication.position import Position
    from site_server.config import Limits

JOBS_MAX: Final = 100_000
ON_ITS_WAY: Final = frozenset({JobState.ACCEPTED, JobState.RELEASING})


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteParts:
    """What one run of a site stands on."""

    folder: Path
    clock: MachineClock
    far_end: FarEnd
    printer: SimulatedPrinter
    extension: Path
    limits: Limits
    disk_fails: bool
    """Whether its power may be cut, or its disk be full."""
    on_applied: Callable[[Position, str], None]
    """Hears where the replica stands, and the hash of what it holds."""


class SiteRun:
    """One run of a site server's process."""

    def __init__(self, parts: SiteParts) -> None:
        self._parts = parts
        self._config = Config(data_dir=parts.folder, limits=parts.limits)
        folder = DataFolder(parts.folder)
        self.identity = identity = load(folder.identity)
        self.store = SiteStore(
            folder.store,
            site_name=identity.site_name,
            epoch=identity.epoch,
            clock=parts.clock,
        )
        self.replica = Replica(folder.replica)
        self.registers = Registers(folder.registers, parts.extension)
        self._spool = Spool(folder.spool, bytes_min_free=parts.limits.free_bytes_min)
        near = NearSide(
            identity=identity,
            folder=folder,
            store=self.store,
            replica=self.replica,
            registers=self.registers,
        )
        self.far_side = FarSide(self._config, near, parts.clock, self._ways)
        self.services: Services | None = None
        """None until it has started."""

    async def run(self) -> None:
        """Serve until the process dies."""
        await self._spool.start()
        async with asyncio.TaskGroup() as tasks:
            supervisor = Supervisor(tasks, self._parts.clock)
            services = self._services(supervisor)
            self.far_side.start(supervisor)
            index = IndexHeldJobs(
                services.ground, self.registers, joined_again=bool(self.store.former_epochs())
            )
            supervisor.keep("index of held jobs", index.run)
            await services.start()
            self.services = services
            while True:
                await asyncio.sleep(self._config.times.tick_ms / 1000)
                services.expire.tick()

    def running(self) -> Services:
        """What it does, once it has started."""
        if self.services is None:
            raise NotReadyError(f"The site {self.identity.site_name} has not started yet.")
        return self.services

    def is_at_rest(self) -> bool:
        """Whether it is linked, drained and caught up, and no job is on its way."""
        far = self.far_side
        if self.services is None or far.state not in UP or far.position != far.head_txid:
            return False
        with self.store.read() as site:
            jobs = site.jobs.listing(ended=False, limit=JOBS_MAX)
        return self.is_drained() and not any(job.state in ON_ITS_WAY for job in jobs)

    def is_drained(self) -> bool:
        """Whether the replica covers every entry here, of any epoch."""
        if self.services is None:
            return False
        head, identity = self.store.head(), self.identity
        ends = {epoch: self.store.kept_range(epoch)[1] for epoch in self.store.former_epochs()}
        ends[identity.epoch] = head.seq
        with self.services.ground.directory.read() as snapshot:
            marks = snapshot.watermarks() if snapshot else {}
        return all(seq <= marks.get((identity.site_name, epoch), 0) for epoch, seq in ends.items())

    async def spooled(self) -> frozenset[str]:
        """The jobs whose documents are in the spool."""
        return await self._spool.job_uuids()

    def document(self, job_uuid: str) -> bytes:
        """The document of a job, as it lies in the spool."""
        return self._spool.path(job_uuid).read_bytes()

    def hang_up(self) -> None:
        """What the kernel does with the connection of a dead process."""
        self._caller.hang_up()

    def vanish(self) -> None:
        """What becomes of the connection of a machine without power."""
        self._caller.vanish()

    def _services(self, supervisor: Supervisor) -> Services:
        parts = self._parts
        ground = Ground(
            site_name=self.identity.site_name,
            store=self.store,
            directory=Directory(self.replica, self.identity.site_name),
            spool=self._spool,
            link=self.far_side,
            clock=parts.clock,
            supervisor=supervisor,
            limits=self._config.limits,
        )
        outside = Outside(
            delivery=parts.printer,
            counters=[ReadsPages()],
            card_key=self.identity.card_key,
            card_claims=self.registers,
        )
        services = make_services(ground, outside, self._config.times)
        services.decider.on_need = self.far_side.allowances.note
        return services

    def _ways(self, hello: Callable[[], Hello]) -> Ways:
        parts, folder = self._parts, DataFolder(self._parts.folder)
        offline_ms = self._config.link.offline_ms
        papers = papers_of(self.identity)
        caller = self._caller = Calling(parts.far_end, papers, hello, offline_ms)
        return Ways(
            caller=caller,
            fetch=caller.fetch,
            applier=AppliedHere(
                folder.replica, folder.mirror, parts.on_applied, disk_fails=parts.disk_fails
            ),
        )


def papers_of(identity: Identity) -> Papers:
    """With what that site dials."""
    context = dialling(
        cert=identity.cert_path, key=identity.key_path, ca_pem=identity.ca_path.read_text("ascii")
    )
    return Papers(
        context=context,
        kind="site",
        site_name=identity.site_name,
        epoch=identity.epoch,
        until_wall_ms=end_of(identity.cert_path.read_text("ascii")),
    )
