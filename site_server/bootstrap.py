"""The running site or secondary: the only place where adapters meet services.

What all nodes have in common is in `site_server.node`; a secondary's own parts are in
`site_server.secondary`.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.folder_lock import only_server_of
from replication.adapters.listen import Door, forget_ports
from replication.adapters.replica import Replica
from replication.adapters.system_clock import SystemClock
from site_server.adapters import identity as identities
from site_server.adapters.certificates import Certificates
from site_server.adapters.documents.count import DocumentCounter
from site_server.adapters.ipp_delivery import IppDelivery
from site_server.adapters.ipp_printer import IppPrinter
from site_server.adapters.spool import Spool
from site_server.config import Role
from site_server.data_folder import DataFolder
from site_server.errors import UnsettledError
from site_server.far_side import FarSide
from site_server.http.app import make_node_app
from site_server.near_side import NearSide
from site_server.node import Built, Node, NodeFiles, stop_signal, the_one_in
from site_server.secondary import open_secondary
from site_server.service.answer_node import AnswerNode
from site_server.service.give_directory import GiveDirectory
from site_server.service.ground import Ground
from site_server.service.index_held_jobs import IndexHeldJobs
from site_server.service.site_status import SiteStatus
from site_server.services import Outside, make_services
from site_server.store.directory import Directory
from site_server.store.site_store import SiteStore
from site_server.ways import real_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp
    from aiohttp import web

    from replication.ports import Clock
    from site_server.config import Config
    from site_server.service.supervise import Supervisor
    from site_server.services import Services


async def run(config: Config, environ: Mapping[str, str]) -> None:
    """Run the node of this data folder until SIGTERM or SIGINT.

    Errors: `NotJoinedError`, `AlreadyRunningError`, `CannotListenError`, `UnsettledError`, and
    those of components that are missing.
    """
    folder = DataFolder(config.data_dir)
    identity = identities.load(folder.identity)
    clock = SystemClock()
    with only_server_of(folder.path), ExitStack() as stack:
        store = SiteStore(
            folder.store, site_name=identity.site_name, epoch=identity.epoch, clock=clock
        )
        stack.callback(store.close)
        _check_settled(config.role, store)
        spool = Spool(folder.spool, bytes_min_free=config.limits.free_bytes_min)
        files = NodeFiles(
            folder=folder,
            identity=identity,
            store=store,
            spool=spool,
            certificates=Certificates(identity),
        )
        node = _OPEN[config.role](stack, config, files, environ)
        forget_ports(config.data_dir)
        await spool.start()
        try:
            await node.run(stop_signal())
        except BaseExceptionGroup as group:
            raise the_one_in(group) from group


@dataclass(frozen=True, slots=True, kw_only=True)
class _FromAfar:
    """The files that headquarters and other sites fill."""

    replica: Replica
    registers: Registers


class Site(Node):
    """Everything that a running site consists of."""

    def __init__(
        self, config: Config, files: NodeFiles, from_afar: _FromAfar, clock: Clock
    ) -> None:
        super().__init__(config, files, clock)
        self._from_afar = from_afar
        near = NearSide(
            identity=files.identity,
            folder=files.folder,
            store=files.store,
            replica=from_afar.replica,
            registers=from_afar.registers,
        )
        ways = real_ways(config, files, clock)
        self._far_side = FarSide(config, near, clock, ways)

    def _build(self, supervisor: Supervisor, session: aiohttp.ClientSession) -> Built:
        services = self._services(supervisor, session)
        self._far_side.start(supervisor)
        index = IndexHeldJobs(
            services.ground,
            self._from_afar.registers,
            joined_again=bool(services.ground.store.former_epochs()),
        )
        supervisor.keep("index of held jobs", index.run)
        status = SiteStatus(
            services.ground,
            self._far_side,
            services.dispatcher,
            services.log_in,
            self._files.folder.free_bytes,
        )
        return Built(
            services=services,
            status=status,
            more_doors=self._node_door(services.ground),
            give_directory=self._give_directory(services.ground),
        )

    def _give_directory(self, ground: Ground) -> GiveDirectory:
        return GiveDirectory(
            replica_path=self._files.folder.replica,
            directory=ground.directory,
            position=lambda: self._from_afar.replica.position,
            identity=self._files.identity,
            clock=self._clock,
        )

    def _services(self, supervisor: Supervisor, session: aiohttp.ClientSession) -> Services:
        files, config = self._files, self._config
        ground = Ground(
            site_name=files.identity.site_name,
            store=files.store,
            directory=Directory(self._from_afar.replica, files.identity.site_name),
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
            checkers=self._checkers,
            card_claims=self._from_afar.registers,
        )
        services = make_services(ground, outside, config.times)
        services.decider.on_need = self._far_side.allowances.note
        services.decider.true_wall_ms = self._far_side.true_time.wall_ms
        return services

    def _node_door(self, ground: Ground) -> Mapping[str, tuple[web.Application, Door]]:
        """The door for secondaries, where one is configured."""
        listen = self._config.listen
        if listen.node_port is None:
            return {}
        tls = self._files.certificates.for_nodes()
        door = Door(host=listen.host, port=listen.node_port, tls=tls)
        return {"node": (make_node_app(AnswerNode(ground)), door)}


def _check_settled(role: Role, store: SiteStore) -> None:
    """Errors: `UnsettledError`, where a site would forget what a secondary printed."""
    with store.read() as site:
        records, _ = site.offline_log.fill()
    if records and role is Role.SITE:
        raise UnsettledError(records)


def _open_site(
    stack: ExitStack, config: Config, files: NodeFiles, environ: Mapping[str, str]
) -> Node:
    replica = Replica(files.folder.replica)
    stack.callback(replica.close)
    registers = Registers(files.folder.registers, crsqlite_path(environ))
    stack.callback(registers.close)
    from_afar = _FromAfar(replica=replica, registers=registers)
    return Site(config, files, from_afar, SystemClock())


_OPEN: Final[Mapping[Role, Callable[[ExitStack, Config, NodeFiles, Mapping[str, str]], Node]]] = {
    Role.SITE: _open_site,
    Role.SECONDARY: open_secondary,
}
