"""Both ends of the link on real parts: TLS on loopback, litestream, applier, cr-sqlite."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from failure_modes.link import LinkTiming
from primary.http.link import make_link_app
from primary.organisation_load import load
from primary.pki import CertificateAuthority
from primary.service.adjust import Adjust, Adjustment
from primary.service.admission import Admission, Bounds
from primary.service.deltas import Deltas
from primary.service.enrol import Enrol, PublicAddress
from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround
from primary.service.organisation import create
from primary.service.publish import Publisher
from primary.service.watch_starts import WatchStarts
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.adapters.applier_process import ApplierProcess
from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.adapters.link_client import LinkAddress, LinkClient
from replication.adapters.link_times import LinkTimes
from replication.adapters.listen import Door, listening
from replication.adapters.litestream_process import LitestreamProcess
from replication.adapters.ltx_mirror import Mirror
from replication.adapters.ltx_store import LtxStore
from replication.adapters.replica import Replica
from replication.adapters.shadow import Shadow
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import link_client_context, renewing_server_context
from replication.reader import READER
from replication.testing import MemoryJournal
from replication.versions import VERSIONS
from site_server.adapters.mirror_folder import newest_lineage
from site_server.service.backlog import Backlog
from site_server.service.exchange_registers import ExchangeRegisters
from site_server.service.exchange_with_primary import ExchangeWithPrimary
from site_server.service.follow_directory import FollowDirectory
from site_server.service.keep_allowances import KeepAllowances
from site_server.service.watch_link import WatchLink
from site_server.store.directory import Directory as ReplicaDirectory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from replication.messages import Hello
    from replication.ports import Clock
    from site_server.adapters.identity import Identity
    from site_server.store.site_store import SiteStore

EXAMPLE = Path(__file__).parents[2] / "primary" / "example" / "organisation.toml"
LOOPBACK = "127.0.0.1"
QUICK_TIMES = LinkTimes(
    connect_ms=1_000, silence_ms=600, send_ms=500, request_ms=1_000, retry_max_ms=300
)
QUICK_TIMING = LinkTiming(
    beat_ms=50,
    lost_beats=3,
    offline_ms=500,
    good_beats=3,
    good_window_ms=2_000,
    hold_down_first_ms=100,
    hold_down_max_ms=400,
    calm_ms=1_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryEnd:
    """A primary's link and what stands behind it."""

    port: int
    authority: CertificateAuthority
    directory: Directory
    ledger: Ledger
    ingest: Ingest
    adjust: Adjust
    enrol: Enrol
    publisher: Publisher
    registers: Registers
    admission: Admission

    async def token(self, site_name: str = "oslo") -> str:
        """A join token for that site, at this port."""
        return await self.enrol.issue_token(site_name, PublicAddress(host=LOOPBACK, port=self.port))

    async def credit(self, payer: str, amount_micros: int, request_id: str) -> None:
        """Headquarters changes a balance: one commit of the directory."""
        await self.adjust.apply(
            Adjustment(payer=payer, amount_micros=amount_micros, request_id=request_id)
        )


def deltas_of(folder: Path) -> Deltas:
    """Page deltas of the primary in `folder`."""
    shadow = Shadow(folder / "shadow.pages", folder / "store")
    return Deltas(shadow=shadow, store=folder / "store")


@asynccontextmanager
async def primary_end(
    folder: Path,
    *,
    clock: Clock | None = None,
    with_litestream: bool = True,
    make_deltas: Callable[[Path], Deltas | None] = deltas_of,
    bounds: Bounds | None = None,
) -> AsyncIterator[PrimaryEnd]:
    """A running primary's link; without litestream it has no TXID to tell of."""
    clock = clock or SystemClock()
    if not (folder / "directory.db").exists():
        create(folder, load(EXAMPLE.read_text()), clock)
    with opened_stores(folder) as (directory, ledger, registers):
        store = LtxStore(folder / "store")
        litestream = LitestreamProcess(
            directory_path=directory.path, store=folder / "store", runtime_folder=folder / "ls"
        )
        lineage, deltas = directory.lineage(), make_deltas(folder)
        publisher = Publisher(lineage=lineage, store=store, litestream=litestream, deltas=deltas)
        directory.on_commit = publisher.changed
        ground = LinkGround(
            directory=directory,
            ingest=Ingest(directory, ledger, clock),
            publisher=publisher,
            registers=registers,
            clock=clock,
            starts=WatchStarts(ledger),
        )
        authority = CertificateAuthority(folder / "pki", clock)
        enrol = enrol_of(authority, ground, ledger)
        admission = Admission(clock=clock, bounds=bounds or Bounds())
        app = make_link_app(ground=ground, store=store, enrol=enrol, admission=admission)
        services = (litestream.run, publisher.run) if with_litestream else ()
        async with listening(app, door_of(authority)) as port, running(*services):
            yield PrimaryEnd(
                port=port,
                authority=authority,
                directory=directory,
                ledger=ledger,
                ingest=ground.ingest,
                adjust=Adjust(ground.ingest, directory, ledger, clock),
                enrol=enrol,
                publisher=publisher,
                registers=registers,
                admission=admission,
            )


def enrol_of(authority: CertificateAuthority, ground: LinkGround, ledger: Ledger) -> Enrol:
    """What lets sites join."""
    return Enrol(
        authority=authority,
        directory=ground.directory,
        ledger=ledger,
        card_key=bytes(32),
        clock=ground.clock,
    )


@contextmanager
def opened_stores(folder: Path) -> Iterator[tuple[Directory, Ledger, Registers]]:
    """The files of a primary, closed in the end."""
    with ExitStack() as stack:
        directory = Directory(folder / "directory.db")
        stack.callback(directory.close)
        ledger = Ledger(folder / "ledger.db")
        stack.callback(ledger.close)
        registers = Registers(folder / "registers.db", crsqlite_path(os.environ))
        stack.callback(registers.close)
        yield directory, ledger, registers


def door_of(authority: CertificateAuthority) -> Door:
    """Any free port of the loopback, behind that authority's certificate."""
    files = authority.server_files([LOOPBACK])
    tls = renewing_server_context(cert=files.cert, key=files.key, ca=files.ca)
    return Door(host=LOOPBACK, port=0, tls=tls)


@asynccontextmanager
async def running(*services: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run the services beside the block, and end them with it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(service()) for service in services]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEnd:
    """A site's end of the link."""

    journal: MemoryJournal
    client: LinkClient
    exchange: ExchangeWithPrimary
    follow: FollowDirectory
    watch: WatchLink
    registers: Registers
    replica: Replica
    keep: KeepAllowances | None


@asynccontextmanager
async def site_end(
    identity: Identity,
    folder: Path,
    *,
    journal: MemoryJournal | None = None,
    port: int | None = None,
    store: SiteStore | None = None,
    takes_deltas: bool = True,
    reader: int = READER,
    versions: tuple[int, ...] = VERSIONS,
) -> AsyncIterator[SiteEnd]:
    """A running site's end, over the WAN at `port`; the journal and allowances of its `store`."""
    clock, mirror = SystemClock(), folder / "mirror"
    journal = journal or MemoryJournal(site_name=identity.site_name, epoch=identity.epoch)
    mirror.mkdir(parents=True, exist_ok=True)
    client = client_of(identity, port, hello=lambda: greeting(exchange, takes_deltas=takes_deltas))
    client.versions = versions
    exchange = ExchangeWithPrimary(journal=store or journal, link=client, clock=clock)
    with (
        closing(Replica(folder / "replica.db")) as replica,
        closing(Registers(folder / "registers.db", crsqlite_path(os.environ))) as registers,
    ):
        applier = ApplierProcess(replica_path=folder / "replica.db", mirror=mirror, reader=reader)
        follow = FollowDirectory(
            mirror=Mirror(mirror, client.fetch, replica.position),
            applier=applier,
            listing=client,
            position=replica.position,
            mirror_lineage=newest_lineage(mirror),
        )
        watch = WatchLink(
            link=client, clock=clock, backlog=Backlog((exchange, follow)), timing=QUICK_TIMING
        )
        sideways = ExchangeRegisters(registers=registers, link=client)
        keep = keep_of(store, replica, client) if store else None
        listeners = (watch, exchange, follow, sideways, *((keep,) if keep else ()))
        services = (applier.run, partial(client.run, listeners), *(e.run for e in listeners))
        async with running(*services):
            yield SiteEnd(
                journal=journal,
                client=client,
                exchange=exchange,
                follow=follow,
                watch=watch,
                registers=registers,
                replica=replica,
                keep=keep,
            )


def keep_of(store: SiteStore, replica: Replica, client: LinkClient) -> KeepAllowances:
    """What asks for allowances and gives them back, for the site of that store."""
    directory = ReplicaDirectory(replica, store.head().site_name)
    return KeepAllowances(store=store, directory=directory, link=client, clock=SystemClock())


def greeting(exchange: ExchangeWithPrimary, *, takes_deltas: bool) -> Hello:
    return exchange.hello().model_copy(update={"takes_deltas": takes_deltas})


def client_of(identity: Identity, port: int | None, *, hello: Callable[[], Hello]) -> LinkClient:
    """A site's side of the connection, impatient enough for a test."""
    return LinkClient(
        address=LinkAddress(host=LOOPBACK, port=port or identity.primary.port),
        context=link_client_context(
            cert=identity.cert_path, key=identity.key_path, ca_pem=identity.ca_pem
        ),
        hello=hello,
        chance=Random(1),
        times=QUICK_TIMES,
    )
