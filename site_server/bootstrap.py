"""The running site: the only place where adapters meet services.

There is one task group, and the supervisor starts everything in it. The end is in order: the doors
close, so that nothing new comes in; then the tasks are cancelled, whatever they do; then the files
are closed. What was promised is on the disk at every moment, so the order is only for politeness.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from replication.adapters.child_process import ChildProcess
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.folder_lock import only_server_of
from replication.adapters.listen import Door, forget_ports, listening, told_ports
from replication.adapters.replica import Replica
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import server_context
from site_server.adapters import identity as identities
from site_server.adapters.documents.count import COUNTER, DocumentCounter
from site_server.adapters.ipp_delivery import IppDelivery
from site_server.adapters.ipp_printer import IppPrinter
from site_server.adapters.spool import Spool
from site_server.data_folder import DataFolder
from site_server.far_side import FarSide, NearSide
from site_server.http.app import make_device_app, make_ipp_app
from site_server.ipp.call import IppSettings
from site_server.ipp.endpoint import IppEndpoint
from site_server.service.ground import Ground
from site_server.service.index_held_jobs import IndexHeldJobs
from site_server.service.site_status import SiteStatus
from site_server.service.supervise import Supervisor
from site_server.services import Outside, make_services
from site_server.store.directory import Directory
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replication.ports import Clock
    from site_server.adapters.identity import Identity
    from site_server.config import Config
    from site_server.services import Services

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """The open files of the data folder."""

    folder: DataFolder
    identity: Identity
    store: SiteStore
    replica: Replica
    registers: Registers
    spool: Spool


async def run(config: Config, environ: Mapping[str, str]) -> None:
    """Run the site of this data folder until SIGTERM or SIGINT.

    Errors: `NotJoinedError`, `AlreadyRunningError`, `CannotListenError`, and those of components
    that are missing.
    """
    folder = DataFolder(config.data_dir)
    identity = identities.load(folder.identity)
    clock = SystemClock()
    with only_server_of(folder.path), _open_files(config, folder, identity, environ) as files:
        forget_ports(config.data_dir)
        await files.spool.start()
        try:
            await Site(config, files, clock).run(_stop_signal())
        except BaseExceptionGroup as group:
            raise _the_one_in(group) from group


class Site:
    """Everything that a running site consists of."""

    def __init__(self, config: Config, files: _Files, clock: Clock) -> None:
        self._config = config
        self._files = files
        self._clock = clock
        near = NearSide(
            identity=files.identity,
            folder=files.folder,
            store=files.store,
            replica=files.replica,
            registers=files.registers,
        )
        self._far_side = FarSide(config, near, clock)
        self._counters = [ChildProcess(COUNTER) for _ in range(config.limits.counters)]

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then end everything in order."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            supervisor = Supervisor(tasks, self._clock)
            stack.callback(supervisor.stop)
            services = self._services(supervisor, session)
            self._far_side.start(supervisor)
            for number, child in enumerate(self._counters, 1):
                supervisor.keep(f"counter process {number}", child.run)
            index = IndexHeldJobs(services.ground, self._files.registers)
            supervisor.keep("index of held jobs", index.run)
            await services.start()
            await self._serve(services, stop)

    def _services(self, supervisor: Supervisor, session: aiohttp.ClientSession) -> Services:
        files, config = self._files, self._config
        ground = Ground(
            site_name=files.identity.site_name,
            store=files.store,
            directory=Directory(files.replica, files.identity.site_name),
            spool=files.spool,
            link=self._far_side,
            clock=self._clock,
            supervisor=supervisor,
            limits=config.limits,
        )
        outside = Outside(
            delivery=IppDelivery(IppPrinter(session)),
            counters=[DocumentCounter(child) for child in self._counters],
            card_key=files.identity.card_key,
            card_claims=files.registers,
        )
        return make_services(ground, outside, config.times)

    async def _serve(self, services: Services, stop: asyncio.Event) -> None:
        config, files = self._config, self._files
        status = SiteStatus(
            services.ground,
            self._far_side,
            services.dispatcher,
            services.log_in,
            files.folder.free_bytes,
        )
        device_app = make_device_app(services, status, files.folder.admin_key())
        settings = IppSettings(
            document_bytes_max=config.limits.document_bytes_max,
            multiple_operation_ms=config.times.incoming_ms,
        )
        endpoint = IppEndpoint(services.ipp_jobs, wall_ms=self._clock.wall_ms, settings=settings)
        tls = server_context(cert=files.identity.cert_path, key=files.identity.key_path)
        device_door = Door(host=config.listen.host, port=config.listen.device_port, tls=tls)
        ipp_door = Door(host=config.listen.host, port=config.listen.ipp_port)
        async with (
            listening(device_app, device_door) as device_port,
            listening(make_ipp_app(endpoint), ipp_door) as ipp_port,
        ):
            ports = {"device": device_port, "ipp": ipp_port}
            with told_ports(config.data_dir, ports), _scheduled(services, config.times.tick_ms):
                _log.info("ready: panels on port %d, IPP on port %d", device_port, ipp_port)
                await stop.wait()
                _log.info("stopping")


def _the_one_in(group: BaseException) -> BaseException:
    """What stopped the server: a task group wraps it even where it is the only one."""
    while isinstance(group, BaseExceptionGroup) and len(group.exceptions) == 1:
        group = group.exceptions[0]
    return group


@contextmanager
def _open_files(
    config: Config, folder: DataFolder, identity: Identity, environ: Mapping[str, str]
) -> Iterator[_Files]:
    with ExitStack() as stack:
        store = SiteStore(
            folder.store, site_name=identity.site_name, epoch=identity.epoch, clock=SystemClock()
        )
        stack.callback(store.close)
        replica = Replica(folder.replica)
        stack.callback(replica.close)
        registers = Registers(folder.registers, crsqlite_path(environ))
        stack.callback(registers.close)
        yield _Files(
            folder=folder,
            identity=identity,
            store=store,
            replica=replica,
            registers=registers,
            spool=Spool(folder.spool, bytes_min_free=config.limits.free_bytes_min),
        )


@contextmanager
def _scheduled(services: Services, every_ms: int) -> Iterator[None]:
    """The scheduler only says that time has passed."""
    scheduler = AsyncIOScheduler(timezone="UTC")

    async def due() -> None:  # a coroutine: APScheduler would call a plain function in a thread
        services.expire.tick()

    scheduler.add_job(due, "interval", seconds=every_ms / 1000, coalesce=True)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
