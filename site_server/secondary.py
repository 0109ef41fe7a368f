"""A secondary: a print server without a replica.

Theory of operation
-------------------
A secondary is a node of its own, joined like a site, with its own queues, printers and journal; the
primary knows it as a site. What a site reads from its replica, a secondary asks for: the primary
first, then site servers of its branch, each for a short time. The answer is rows of the directory
(`replication.told`), and the decision is made here, by a site's rules and in a site's transaction.
Where nobody answers, the printer's failure mode decides (`failure_modes.routing`).

* One journal per job. Whoever answers remembers nothing and journals nothing, so a job can only be
  charged by the node that printed it, and (site, epoch, seq) makes that exactly once.
* Money is as exact as on a site that is online, since the secondary adds what it has spent and set
  aside itself. What nobody can know is what other nodes spend at the same moment. A site server
  that is cut off answers with what it has spent, but it does not hear what the secondary spends
  after that: the same credit can be spent once on each, as on two sites that are cut off. `strict`
  excludes it, for an allowance belongs to one node, whoever tells it.
* What `offline_ceiling` counts is what this node spent in the outage.

Site servers answer on a port of their own with mutual TLS, not on that of the panels: there a
certificate could only be optional, and no path here is exempt. A device token would be one more
secret to hand out and to revoke; the certificate is there already, and its site's row in the
directory revokes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from yarl import URL

from replication.adapters.system_clock import SystemClock
from site_server.adapters.documents.count import DocumentCounter
from site_server.adapters.ipp_delivery import IppDelivery
from site_server.adapters.ipp_printer import IppPrinter
from site_server.adapters.node_client import NodeClient
from site_server.adapters.told_directory import ToldDirectory
from site_server.asking_services import AskingGround, make_asking_services
from site_server.node import Built, Node
from site_server.secondary_status import SecondaryStatus
from site_server.service.asking import Asking, Patience, Patient
from site_server.service.ground import Ground
from site_server.services import Outside
from site_server.store.directory import Directory
from site_server.uplink import Uplink, primary_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    import aiohttp

    from replication.ports import Clock
    from site_server.config import Config
    from site_server.node import NodeFiles
    from site_server.service.supervise import Supervisor


class Secondary(Node):
    """Everything that a running secondary consists of."""

    def __init__(self, config: Config, files: NodeFiles, told: ToldDirectory, clock: Clock) -> None:
        super().__init__(config, files, clock)
        self._told = told
        self._directory = Directory(told, files.identity.site_name)
        self._uplink = Uplink(config, files, self._directory, clock)

    def _build(self, supervisor: Supervisor, session: aiohttp.ClientSession) -> Built:
        files, config = self._files, self._config
        ground = Ground(
            site_name=files.identity.site_name,
            store=files.store,
            directory=self._directory,
            spool=files.spool,
            link=self._uplink,
            clock=self._clock,
            supervisor=supervisor,
            limits=config.limits,
        )
        outside = Outside(
            delivery=IppDelivery(IppPrinter(session)),
            counters=[DocumentCounter(child) for child in self._counters],
            card_key=files.identity.card_key,
            checkers=self._checkers,
        )
        asking = self._asking(session)
        asking_ground = AskingGround(
            asker=asking,
            place=self._told,
            wanted=config.secondary,
            log_limits=config.offline_log.limits(),
            on_told=self._uplink.told,
        )
        services, asks = make_asking_services(ground, outside, config.times, asking_ground)
        asking.on_up = services.expire.tick
        self._uplink.start(supervisor, asking)
        status = SecondaryStatus(
            services, self._uplink, files.folder.free_bytes, asks=asks, asking=asking
        )
        return Built(services=services, status=status)

    def _asking(self, session: aiohttp.ClientSession) -> Asking:
        """Headquarters first, then the site servers."""
        wanted, address = (
            self._config.secondary,
            primary_address(self._config, self._files.identity),
        )
        at_primary = URL.build(scheme="https", host=address.host, port=address.port)

        def patient(base: URL, answer_ms: int) -> Patient:
            patience = Patience(answer_ms=answer_ms, down_ms=wanted.down_ms)
            return Patient(NodeClient(base, session, self._uplink.tls), self._clock, patience)

        return Asking(
            patient(at_primary, wanted.primary_ms),
            [patient(URL(each), wanted.site_server_ms) for each in wanted.ask],
            self._uplink,
        )


def open_secondary(
    stack: ExitStack, config: Config, files: NodeFiles, environ: Mapping[str, str]
) -> Node:
    """A secondary over these files."""
    del environ  # it needs no component that could lie anywhere else
    told = ToldDirectory()
    stack.callback(told.close)
    return Secondary(config, files, told, SystemClock())
