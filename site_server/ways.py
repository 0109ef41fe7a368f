"""The ways out of a site: to headquarters, to whole files, and to the pages of its replica."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from replication.adapters.applier_process import ApplierProcess
from replication.adapters.link_client import LinkClient
from replication.adapters.link_times import LinkTimes
from replication.adapters.store_first import StoreFirst
from replication.adapters.store_place import source_of
from replication.link import Link
from site_server.service.carry_over import Knowing
from site_server.service.replica_ports import Listing
from site_server.service.sound_replica import Prover
from site_server.uplink import certificate_keeper, primary_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from replication.adapters.ltx_fetch import Fetch
    from replication.link import LinkListener
    from replication.messages import Hello
    from replication.ports import Clock
    from site_server.config import Config
    from site_server.node import NodeFiles
    from site_server.service.keep_certificate import KeepCertificate


class Caller(Link, Listing, Knowing, Protocol):
    """This site's end of the link, as `LinkClient` is."""

    @property
    def refusal(self) -> str:
        """Why headquarters wants nothing to do with this site; '' where it does not say so."""
        ...

    @property
    def asked_to_wait(self) -> str:
        """Why the next call comes late, where headquarters asked for that; '' else."""
        ...

    @property
    def arrived_bytes(self) -> int:
        """Of all downloads, as they came over the line, since this process began."""
        ...

    async def run(self, listeners: Sequence[LinkListener]) -> NoReturn:
        """Keep the link up until cancelled."""
        ...


class RunningApplier(Prover, Protocol):
    """The applier, as `ApplierProcess` is."""

    async def run(self) -> NoReturn:
        """Keep it going until cancelled."""
        ...

    def written_bytes(self) -> int:
        """What the replica takes with its WAL, and one that is being made beside it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What one running site has of them."""

    caller: Caller
    fetch: Fetch
    applier: RunningApplier
    certificate: KeepCertificate | None = None
    """None where nobody asks for one."""


def real_ways(
    config: Config, files: NodeFiles, clock: Clock
) -> Callable[[Callable[[], Hello]], Ways]:
    """Over the network, and with the applier as a process of its own."""
    folder, certificates = files.folder, files.certificates
    address = primary_address(config, files.identity)

    def make(hello: Callable[[], Hello]) -> Ways:
        client = LinkClient(
            address=address,
            context=certificates.link,
            hello=hello,
            chance=random.SystemRandom(),
            times=LinkTimes(
                silence_ms=config.link.offline_ms, bytes_per_s_max=config.link.bytes_per_s_max
            ),
        )
        return Ways(
            caller=client,
            fetch=_fetch(config, client, clock, folder.transfer_memory),
            applier=ApplierProcess(replica_path=folder.replica, mirror=folder.mirror),
            certificate=certificate_keeper(certificates, address, client, clock),
        )

    return make


def _fetch(config: Config, client: LinkClient, clock: Clock, memory: Path) -> Fetch:
    """Whole files from the store where one is configured, else over the link."""
    place = config.source.place()
    if place is None:
        return client.fetch
    store = source_of(place, client.ceiling, memory)
    return StoreFirst(store=store.fetch, primary=client.fetch, clock=clock).fetch
