"""A secondary's link to headquarters: only the journal up. Nothing of the directory comes down."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from replication.adapters.link_client import LinkAddress, LinkClient
from replication.adapters.link_times import LinkTimes
from site_server.adapters.ask_renewal import AskRenewal
from site_server.causes import Cause
from site_server.refusals import refusal
from site_server.service.applied_policy import AppliedPolicy
from site_server.service.backlog import Backlog
from site_server.service.exchange_with_primary import ExchangeWithPrimary
from site_server.service.keep_certificate import CertificateStanding, KeepCertificate
from site_server.service.site_status import ReplicaStanding
from site_server.service.tell_standing import TellStanding
from site_server.service.watch_link import ReplicaSigns, WatchLink

if TYPE_CHECKING:
    from failure_modes.vocabulary import LinkState, MonotonicMs, WallMs
    from replication.link import LinkListener
    from replication.ports import Clock
    from site_server.adapters.certificates import Certificates
    from site_server.adapters.identity import Identity
    from site_server.config import Config
    from site_server.node import NodeFiles
    from site_server.ports import LinkOrder, LinkStanding
    from site_server.service.supervise import Supervisor
    from site_server.store.directory import Directory


def primary_address(config: Config, identity: Identity) -> LinkAddress:
    """Where headquarters' link port is."""
    return LinkAddress(
        host=config.primary.host or identity.primary.host,
        port=config.primary.port or identity.primary.port,
    )


def certificate_keeper(
    certificates: Certificates, address: LinkAddress, client: LinkClient, clock: Clock
) -> KeepCertificate:
    """Who renews the certificate with which `client` dials."""
    keeper = KeepCertificate(
        files=certificates,
        asking=AskRenewal(address, certificates.link),
        clock=clock,
        chance=random.SystemRandom(),
    )
    client.on_shut_out = keeper.shut_out
    return keeper


class Uplink:
    """Everything that concerns headquarters, but the questions."""

    position = 0
    """There is no replica: see `site_status.FarSide`."""
    head_txid = 0
    clock_offset_ms: int | None = None
    """Whoever answers its questions has told it the prices."""
    standing_of_replica = ReplicaStanding()

    def resync(self) -> None:
        """There is nothing to make anew."""
        raise refusal(Cause.BAD_REQUEST)

    def __init__(
        self, config: Config, files: NodeFiles, directory: Directory, clock: Clock
    ) -> None:
        identity, store = files.identity, files.store
        self.tls = files.certificates.link
        """As whom this node dials."""
        self._client = LinkClient(
            address=primary_address(config, identity),
            context=self.tls,
            hello=lambda: self._exchange.hello(),  # noqa: PLW0108 - made a few lines further down
            chance=random.SystemRandom(),
            times=LinkTimes(silence_ms=config.link.offline_ms),
        )
        address = primary_address(config, identity)
        self._certificate = certificate_keeper(files.certificates, address, self._client, clock)
        self._exchange = ExchangeWithPrimary(
            journal=store, link=self._client, clock=clock, start=store.start()
        )
        self._standing = TellStanding(
            store=store, directory=directory, link=self._client, position=_nowhere
        )
        self._watch = WatchLink(
            link=self._client,
            clock=clock,
            backlog=Backlog((self._exchange,)),
            timing=config.link.timing(),
            replica=ReplicaSigns(policy_version=AppliedPolicy(directory).version),
        )
        self._applied = asyncio.Event()
        with store.read() as site:
            remembered = site.link_memory.get()
        if remembered is not None:
            self._watch.go_on(remembered)

    def start(self, supervisor: Supervisor, listener: LinkListener) -> None:
        """Keep everything going; `listener` hears of the link too."""
        listeners = (self._watch, self._standing, self._exchange, self._certificate, listener)

        async def keep_linked() -> None:
            await self._client.run(listeners)

        supervisor.keep("link", keep_linked)
        supervisor.keep("link watcher", self._watch.run)
        supervisor.keep("journal upload", self._exchange.run)
        supervisor.keep("certificate", self._certificate.run)

    @property
    def state(self) -> LinkState:
        """The link's state."""
        return self._watch.state

    @property
    def since_ms(self) -> MonotonicMs:
        """When that state began."""
        return self._watch.since_ms

    @property
    def offline_since_ms(self) -> WallMs | None:
        """When the link of the present outage was last online; None where there is no outage."""
        return self._watch.offline_since_ms

    @property
    def standing(self) -> LinkStanding:
        """What is to be remembered of the link."""
        return self._watch.standing

    @property
    def changed(self) -> asyncio.Event:
        """Set once, at the next change of the link's state."""
        return self._watch.changed

    @property
    def applied(self) -> asyncio.Event:
        """Set once, when what was told is newer than now."""
        return self._applied

    def told(self) -> None:
        """What was told is newer."""
        self._applied.set()
        self._applied = asyncio.Event()

    def foresee(self, order: LinkOrder) -> LinkStanding:
        """What would stand after the order; raises `IllegalTransitionError` where it is refused."""
        return self._watch.foresee(order)

    def obey(self, order: LinkOrder) -> bool:
        """Do as ordered; whether that changed the state. Errors as `foresee`."""
        return self._watch.obey(order)

    def pass_over(self, order: LinkOrder) -> None:
        """Remember only that this order was seen."""
        self._watch.pass_over(order)

    @property
    def refusal(self) -> str:
        """Why headquarters wants nothing to do with this node; '' where it does not say so."""
        return self._client.refusal

    @property
    def asked_to_wait(self) -> str:
        """Why the next call comes late, where headquarters asked for that; '' else."""
        return self._client.asked_to_wait

    @property
    def certificate(self) -> CertificateStanding:
        """How this node's certificate is."""
        return self._certificate.standing

    @property
    def acked_seq(self) -> int:
        """The last journal entry that headquarters confirmed to this process."""
        return self._exchange.done

    @property
    def journal_trouble(self) -> str:
        """Why the journal cannot be uploaded until a person has acted; '' where it can."""
        return self._exchange.trouble


def _nowhere() -> None:
    """A secondary has no replica."""
