"""What every running node of a branch is: files, tasks, doors, and an end in order.

There is one task group, and the supervisor starts everything in it. The end is in order: the doors
close, so that nothing new comes in; then the tasks are cancelled, whatever they do; then the files
are closed. What was promised is on the disk at every moment, so the order is only for politeness.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from replication.adapters.child_process import ChildProcess
from replication.adapters.listen import Door, listening, told_ports
from replication.adapters.tls import print_server_context, server_context
from site_server.adapters.documents.count import COUNTER
from site_server.adapters.ldap_directory import LdapDirectory
from site_server.http.app import make_device_app, make_ipp_app
from site_server.http.directory_api import add_directory
from site_server.ipp.call import IppSettings
from site_server.ipp.endpoint import IppEndpoint
from site_server.service.check_secret import Checkers
from site_server.service.supervise import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiohttp import web

    from replication.ports import Clock
    from site_server.adapters.identity import Identity
    from site_server.adapters.spool import Spool
    from site_server.config import Config
    from site_server.data_folder import DataFolder
    from site_server.service.give_directory import GiveDirectory
    from site_server.service.site_status import SiteStatus
    from site_server.services import Services
    from site_server.store.site_store import SiteStore

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFiles:
    """The open files that every node has."""

    folder: DataFolder
    identity: Identity
    store: SiteStore
    spool: Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a node serves with. `more_doors`: by their names in `ports.json`."""

    services: Services
    status: SiteStatus
    more_doors: Mapping[str, tuple[web.Application, Door]] = field(default_factory=dict)
    give_directory: GiveDirectory | None = None
    """None where there is no replica to give."""


class Node(ABC):
    """Everything that a running node consists of; a role says how it is built."""

    def __init__(self, config: Config, files: NodeFiles, clock: Clock) -> None:
        self._config = config
        self._files = files
        self._clock = clock
        section = config.branch_directory
        self._checkers = Checkers(branch_directory=LdapDirectory(section) if section else None)
        self._counters = [ChildProcess(COUNTER) for _ in range(config.limits.counters)]

    @abstractmethod
    def _build(self, supervisor: Supervisor, session: aiohttp.ClientSession) -> Built:
        """Put the services together over this node's parts, and keep those going."""

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then end everything in order."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            supervisor = Supervisor(tasks, self._clock)
            stack.callback(supervisor.stop)
            built = self._build(supervisor, session)
            for number, child in enumerate(self._counters, 1):
                supervisor.keep(f"counter process {number}", child.run)
            await built.services.start()
            await self._serve(built, stop)

    async def _serve(self, built: Built, stop: asyncio.Event) -> None:
        config = self._config
        async with AsyncExitStack() as stack:
            ports = {
                name: await stack.enter_async_context(listening(app, door))
                for name, (app, door) in self._doors(built).items()
            }
            stack.enter_context(told_ports(config.data_dir, ports))
            stack.enter_context(_scheduled(built.services, config.times.tick_ms))
            _log.info(
                "ready: panels on port %d, IPP on ports %d and %d (TLS)",
                *(ports["device"], ports["ipp"], ports["ipps"]),
            )
            await stop.wait()
            _log.info("stopping")

    def _doors(self, built: Built) -> dict[str, tuple[web.Application, Door]]:
        config, files, services = self._config, self._files, built.services
        device_app = make_device_app(
            services, built.status, files.folder.admin_key(), files.folder.metrics_key()
        )
        settings = IppSettings(
            document_bytes_max=config.limits.document_bytes_max,
            multiple_operation_ms=config.times.incoming_ms,
        )
        if built.give_directory is not None:
            add_directory(device_app, built.give_directory)
        endpoint = IppEndpoint(
            services.ipp_jobs,
            wall_ms=self._clock.wall_ms,
            settings=settings,
            prover=services.prove_user,
        )
        identity, listen = files.identity, config.listen
        tls = server_context(cert=identity.cert_path, key=identity.key_path)
        print_tls = print_server_context(cert=identity.cert_path, key=identity.key_path)
        return {
            "device": (device_app, Door(host=listen.host, port=listen.device_port, tls=tls)),
            "ipp": (make_ipp_app(endpoint), Door(host=listen.host, port=listen.ipp_port)),
            "ipps": (
                make_ipp_app(endpoint),
                Door(host=listen.host, port=listen.ipps_port, tls=print_tls),
            ),
            **built.more_doors,
        }


def the_one_in(group: BaseException) -> BaseException:
    """What stopped the server: a task group wraps it even where it is the only one."""
    while isinstance(group, BaseExceptionGroup) and len(group.exceptions) == 1:
        group = group.exceptions[0]
    return group


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


def stop_signal() -> asyncio.Event:
    """Set once this process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
