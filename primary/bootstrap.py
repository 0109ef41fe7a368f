"""The running primary: the only place where adapters meet services.

Order matters at both ends. At start litestream looks at the directory before anybody writes to it.
At the end it ships what was written last, then the directory is closed, then litestream stops:
whoever closes a WAL database last empties its WAL, and must not be us. After a restart with a WAL
that it does not know, litestream would send the whole database to every site once (measured: 20 MB
for 200,000 users, against 226 bytes).
"""

import asyncio
import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from primary import store_keeping
from primary.config import PrimaryConfig
from primary.distribution import Distribution
from primary.errors import NotInitialisedError, PrimaryError
from primary.health_checks import Watched, checks_of
from primary.http.app import make_app
from primary.http.exchange import Services
from primary.http.link_keys import LINKS
from primary.join_tokens import TokensToDial
from primary.ledger_store import LedgerStore
from primary.link_load import LinkLoad
from primary.metrics_key import metrics_key
from primary.pki import PKI_FOLDER, CertificateAuthority
from primary.ports import Checks
from primary.server_certificates import ServerCertificates
from primary.service.adjust import Adjust
from primary.service.enrol import Enrol
from primary.service.grant_quotas import GrantQuotas
from primary.service.heartbeat import Heartbeat
from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround
from primary.service.organisation import (
    ADMIN_KEY_FILE,
    CARD_KEY_FILE,
    DIRECTORY_FILE,
)
from primary.service.restore_plan import check_finished
from primary.service.set_back import SetBack
from primary.service.settle_claims import SettleClaims
from primary.service.settle_dispute import SettleDispute
from primary.service.site_says import SiteSays
from primary.service.watch_ledger import WatchLedger
from primary.service.watch_starts import WatchStarts
from primary.start_checks import check_files, note_heartbeat
from primary.stores import Stores, open_stores
from replication.adapters.folder_lock import only_server_of
from replication.adapters.listen import Door, forget_ports, listening, told_ports
from replication.adapters.litestream_process import LitestreamError
from replication.adapters.open_files import raise_open_files
from replication.adapters.registers_fan import RegistersFan
from replication.adapters.system_clock import SystemClock
from replication.errors import ReplicationError
from replication.ports import Clock

logger: Final = logging.getLogger(__name__)

FIRST_SYNC_MS: Final = 10_000
LAST_SYNC_MS: Final = 3_000


class Primary:
    """Everything that a running primary consists of, on the files of its data folder."""

    def __init__(self, config: PrimaryConfig, stores: Stores) -> None:
        data_dir, clock = config.data_dir, SystemClock()
        self._config, self._directory = config, stores.directory
        renewable = timedelta(days=config.link.renewable_days)
        self._authority = CertificateAuthority(data_dir / PKI_FOLDER, clock, renewable)
        self._certificates = ServerCertificates(self._authority, config.certificate_hosts)
        self._ingest = Ingest(stores.directory, stores.ledger, clock)
        self._heartbeat = self._noted_heartbeat(clock)
        self._watch_ledger = WatchLedger(self._ingest)
        self._settle_claims = SettleClaims(stores.directory, stores.registers)
        adjust = Adjust(self._ingest, stores.directory, stores.ledger, clock)
        self._quotas = GrantQuotas(stores.directory, stores.ledger, adjust, clock)
        self._distribution = distribution = Distribution(config, stores.directory)
        self._ledger_store = LedgerStore(config)
        self._litestream, self._publisher = distribution.litestream, distribution.publisher
        stores.directory.on_commit = self._publisher.changed
        card_key = bytes.fromhex(_secret(data_dir / CARD_KEY_FILE))
        self._enrol = self._enrolment(stores, card_key, clock)
        site_says = SiteSays()
        ground = self._ground(stores, site_says, clock)
        self._keep_store = store_keeping.store_keeper(
            config, stores.directory, self._publisher, site_says, self._connected
        )
        self._link_load = LinkLoad(config.link, ground)
        self._link_app = self._link_load.make_app(distribution.store, self._enrol)
        self._tokens = TokensToDial(self._enrol, config)
        services = Services(
            directory=stores.directory,
            report=stores.report,
            lookups=stores.lookups,
            adjust=adjust,
            quotas=self._quotas,
            disputes=SettleDispute(adjust, stores.directory, stores.ledger, clock),
            join_tokens=self._tokens,
            held_jobs=stores.registers,
            checks=self._checks(ground.set_back),
            card_key=card_key,
            site_says=site_says,
            uplinks=self._ingest.uplinks,
            clock=clock,
            head_txid=lambda: self._publisher.head().txid,
            link_load=self._link_load.load,
            end_link=self._link_app[LINKS].end,
            certificate_days=self._authority.days_left,
        )
        admin_key = _secret(data_dir / ADMIN_KEY_FILE)
        self._api_app = make_app(services, admin_key, metrics_key(data_dir))

    def _enrolment(self, stores: Stores, card_key: bytes, clock: Clock) -> Enrol:
        return Enrol(
            authority=self._authority,
            directory=stores.directory,
            ledger=stores.ledger,
            card_key=card_key,
            clock=clock,
        )

    def _noted_heartbeat(self, clock: Clock) -> Heartbeat:
        """Each is noted beside the directory, so that a directory that is put back is noticed."""
        config, directory = self._config, self._directory
        heartbeat = Heartbeat(directory, clock, backup_window_ms=config.backup_window_ms)
        heartbeat.on_beat = partial(note_heartbeat, config.data_dir, directory.lineage())
        return heartbeat

    def _ground(self, stores: Stores, site_says: SiteSays, clock: Clock) -> LinkGround:
        return LinkGround(
            directory=stores.directory,
            ingest=self._ingest,
            publisher=self._publisher,
            registers=stores.registers,
            clock=clock,
            starts=WatchStarts(stores.ledger),
            site_says=site_says,
            fan=RegistersFan(stores.registers),
        )

    def _checks(self, set_back: SetBack) -> Checks:
        watched = Watched(
            directory=self._directory,
            distribution=self._distribution,
            heartbeat=self._heartbeat,
            set_back=set_back,
            watch_ledger=self._watch_ledger,
            quotas=self._quotas,
        )
        return {
            **checks_of(watched),
            "link": self._link_load.check,
            "store": store_keeping.check_of(self._keep_store),
            "certificates": self._certificates.check,
        }

    def _connected(self) -> Sequence[str]:
        return self._link_app[LINKS].names()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then end everything in order."""
        await self._watch_ledger.look()
        await self._distribution.prepare()
        packed = self._distribution.store.packed
        pack_files = store_keeping.file_packer(self._config, packed, self._keep_store)
        async with asyncio.TaskGroup() as group:
            litestream = group.create_task(self._litestream.run())
            await self._sync(FIRST_SYNC_MS)
            tasks = [
                group.create_task(self._publisher.run()),
                group.create_task(self._heartbeat.run()),
                group.create_task(self._settle_claims.run()),
                group.create_task(self._quotas.run()),
                group.create_task(self._watch_ledger.run()),
                group.create_task(self._keep_store.run()),
                group.create_task(self._distribution.watch.run()),
                group.create_task(pack_files.run()),
                group.create_task(self._ledger_store.run()),
            ]
            try:
                await self._serve(stop)
            finally:
                for task in tasks:
                    task.cancel()
                await self._sync(LAST_SYNC_MS)
                await asyncio.to_thread(self._directory.close)
                litestream.cancel()

    async def _serve(self, stop: asyncio.Event) -> None:
        config = self._config
        link_tls, api_tls = self._certificates.link, self._certificates.api
        link_door = Door(
            host=config.link.listen_host,
            port=config.link.port,
            tls=link_tls,
            doorway=self._link_load.doorway,
        )
        api_door = Door(host=config.api.listen_host, port=config.api.port, tls=api_tls)
        async with AsyncExitStack() as stack:
            link_port = await stack.enter_async_context(listening(self._link_app, link_door))
            self._tokens.link_port = link_port
            api_port = await stack.enter_async_context(listening(self._api_app, api_door))
            ports = {"link": link_port, "api": api_port}
            stack.enter_context(told_ports(config.data_dir, ports))
            stack.enter_context(self._scheduled())
            logger.info("ready: sites on port %d, API on port %d", link_port, api_port)
            await stop.wait()
            logger.info("stopping")

    @contextmanager
    def _scheduled(self) -> Iterator[None]:
        scheduler = AsyncIOScheduler(timezone="UTC")

        async def due() -> None:  # a coroutine: APScheduler would call a plain function in a thread
            self._heartbeat.due()
            self._watch_ledger.due()
            self._link_load.admission.busy()  # tells what is over

        async def minute() -> None:
            self._quotas.due()

        async def hour() -> None:
            self._certificates.look()

        every_s = self._config.heartbeat_ms / 1000
        scheduler.add_job(due, "interval", seconds=every_s, coalesce=True)
        scheduler.add_job(minute, "cron", second=0, coalesce=True)
        scheduler.add_job(hour, "interval", hours=1, coalesce=True)
        scheduler.start()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def _sync(self, timeout_ms: int) -> None:
        try:
            await self._litestream.sync(timeout_ms)
        except LitestreamError as error:
            logger.warning("%s", error)


async def run(config: PrimaryConfig, environ: Mapping[str, str]) -> None:
    """Run the primary of this data folder until SIGTERM or SIGINT.

    Errors: `NotInitialisedError`, `UnfinishedRestoreError`, `PutBackError`, `AlreadyRunningError`,
    `CannotListenError`, and those of the components that are missing.
    """
    check_finished(config.data_dir)
    if not (config.data_dir / DIRECTORY_FILE).exists():
        raise NotInitialisedError
    raise_open_files()
    with only_server_of(config.data_dir), open_stores(config, environ) as stores:
        check_files(config.data_dir, stores.directory, stores.ledger)
        forget_ports(config.data_dir)
        try:
            await Primary(config, stores).run(_stop_signal())
        except BaseExceptionGroup as group:
            raise _first_known(group) from group


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _first_known(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error of `group` that says what to do; the group itself where none does."""
    known = group.subgroup((PrimaryError, ReplicationError))
    while known is not None and isinstance(known.exceptions[0], BaseExceptionGroup):
        known = known.exceptions[0]
    return group if known is None else known.exceptions[0]


def _secret(path: Path) -> str:
    return path.read_text("ascii").strip()
