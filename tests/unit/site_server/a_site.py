"""A whole site without network, printers or headquarters: real stores, doubles around them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Micros
from replication.card_hash import card_hash
from replication.errors import StorageFullError
from replication.schema import directory as schema
from replication.testing import ManualClock
from site_server.config import Limits, Times
from site_server.ipp.service_port import (
    HOLD_NONE,
    DocumentInfo,
    JobRequest,
    JobTicket,
    JobView,
    Refusal,
)
from site_server.ports import Counted
from site_server.service.ground import Ground
from site_server.service.supervise import Supervisor
from site_server.service.testing import MemoryClaims
from site_server.services import make_services
from site_server.store.directory import Directory
from site_server.store.directory_rows import Device
from site_server.store.site_store import SiteStore
from site_server.testing import CounterDouble, DirectoryFile, MemorySpool, PrinterDouble, StillLink
from tests.unit.site_server.outside import outside_of
from tests.unit.site_server.pause import TestPause
from tests.unit.site_server.site_records import SiteRecords

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import tzinfo
    from pathlib import Path

    from site_server.service.check_secret import Checkers
    from site_server.service.log_in import LoggedIn
    from site_server.store.jobs import Job
    from site_server.store.sessions import PanelSession
    from site_server.store.unit_of_work import UnitOfWork

T = TypeVar("T")

SITE: Final = "oslo"
PRINTER: Final = "oslo-1"
HELD: Final = "oslo-secure"
DIRECT: Final = "oslo-direct"
CARD_KEY: Final = bytes(range(32))
DEVICE_TOKEN: Final = "a-token-of-a-panel"
DEVICE: Final = Device(device_name="panel-1", printer_name=PRINTER)
PRICE_MICROS: Final = 50_000
"""One mono impression, one-sided."""
PDF: Final = b"%PDF-1.7 as good as any"


class FillingStore(SiteStore):
    """A store whose disk is full while `is_full`."""

    is_full = False

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        if self.is_full:
            raise StorageFullError
        return await super().write(work)


@dataclass(slots=True)
class ASite(SiteRecords):
    """A running site and everything around it."""

    replica: DirectoryFile
    link: StillLink
    clock: ManualClock
    spool: MemorySpool
    printer: PrinterDouble
    counter: CounterDouble
    pause: TestPause
    claims: MemoryClaims
    tasks: asyncio.TaskGroup

    # What headquarters says.

    def user(self, user_name: str, balance_micros: int = 0, **fields: object) -> None:
        self.replica.put(
            schema.users,
            **{"user_name": user_name, "full_name": user_name.title(), "enabled": True}
            | {"restricted": True}
            | fields,
        )
        self.balance(user_name, balance_micros)
        self.card(user_name, f"card-of-{user_name}")

    def balance(self, user_name: str, balance_micros: int) -> None:
        payer = f"user:{user_name}"
        self.replica.put(schema.balances, payer=payer, balance_micros=balance_micros)

    def card(self, user_name: str, number: str, *, revoked: bool = False) -> None:
        hashed = card_hash(number, CARD_KEY)
        self.replica.put(schema.cards, card_hash=hashed, user_name=user_name, revoked=revoked)

    def member(self, user_name: str, group_name: str) -> None:
        self.replica.put(schema.memberships, group_name=group_name, user_name=user_name)

    def account(self, account_name: str, balance_micros: int, *, open_to: str = "*") -> None:
        self.replica.put(schema.accounts, account_name=account_name, title=account_name)
        self.replica.put(schema.account_access, account_name=account_name, member=open_to)
        payer = f"account:{account_name}"
        self.replica.put(schema.balances, payer=payer, balance_micros=balance_micros)

    def grant(self, payer: str, granted_micros: int, site_name: str = SITE) -> None:
        row = {"payer": payer, "site_name": site_name, "granted_micros": granted_micros}
        self.replica.put(schema.allowances, **row)

    def policy(self, layer: str, scope: str, body: dict[str, object]) -> None:
        text = json.dumps(body)
        self.replica.put(schema.policies, layer=layer, scope=scope, version=1, body=text)

    def merge_up_to(self, seq: int, *, epoch: int, user_name: str, balance_micros: int) -> None:
        """A replica arrives in which these entries are part of the balance."""
        self.replica.put(
            schema.watermarks, site_name=SITE, epoch=epoch, seq=seq, entry_hash="0" * 64
        )
        self.balance(user_name, balance_micros)

    # What people do.

    async def print_pdf(
        self, user_name: str, queue_name: str = HELD, *, hold_until: str = HOLD_NONE
    ) -> Job:
        view = await self.submit(user_name, queue_name, hold_until=hold_until)
        assert isinstance(view, JobView), view
        await self.settle()
        return self.job(view.job_uuid)

    async def submit(
        self,
        user_name: str,
        queue_name: str = HELD,
        *,
        hold_until: str = HOLD_NONE,
        ticket: JobTicket | None = None,
    ) -> object:
        request = JobRequest(
            queue_name=queue_name,
            user_name=user_name,
            job_name="report.pdf",
            ticket=ticket or JobTicket(),
            hold_until=hold_until,
        )
        document = DocumentInfo(name="report.pdf", format="application/pdf")
        writer = await self.services.ipp_jobs.begin_job(request, document)
        if isinstance(writer, Refusal):
            return writer
        try:
            return await writer.write(PDF) or await writer.commit(is_last=True)
        finally:
            await writer.abort()

    async def log_in(self, user_name: str) -> PanelSession:
        return (await self.logged_in(user_name)).session

    async def logged_in(self, user_name: str) -> LoggedIn:
        return await self.services.log_in.log_in(DEVICE, f"card-of-{user_name}")

    async def release(self, job: Job, user_name: str | None = None) -> None:
        await self.services.release_job.release(job.job_uuid, user_name or job.user_name, PRINTER)

    async def settle(self) -> None:
        """Let everything that can go on go on."""
        for _ in range(20):
            await self.store.write(lambda _: None)
            await asyncio.sleep(0)

    async def settle_reading(self) -> None:
        """Let everything go on that needs no disk."""
        for _ in range(20):
            await asyncio.sleep(0)


@asynccontextmanager
async def a_site(
    folder: Path,
    *,
    limits: Limits | None = None,
    times: Times | None = None,
    epoch: int = 1,
    printer: PrinterDouble | None = None,
    spool: MemorySpool | None = None,
    make_store: type[SiteStore] = SiteStore,
    claims: MemoryClaims | None = None,
    zone: tzinfo | None = None,
    checkers: Checkers | None = None,
) -> AsyncIterator[ASite]:
    """A site over the files of `folder`; started again over the same folder it is a restart."""
    clock, link, pause = ManualClock(), StillLink(), TestPause()
    replica = replica_in(folder)
    store = make_store(folder / "site.db", site_name=SITE, epoch=epoch, clock=clock)
    spool, printer = spool or MemorySpool(folder / "spool"), printer or PrinterDouble()
    claims = claims or MemoryClaims()
    counter = CounterDouble(Counted(pages=PageCount(mono=2, colour=0)))
    try:
        async with asyncio.TaskGroup() as tasks:
            ground = Ground(
                site_name=SITE,
                store=store,
                directory=Directory(replica, SITE),
                spool=spool,
                link=link,
                clock=clock,
                supervisor=Supervisor(tasks, clock, pause),
                limits=limits or Limits(),
                zone=zone,
            )
            outside = replace(outside_of(printer, counter, CARD_KEY, checkers), card_claims=claims)
            services = make_services(ground, outside, times or Times())
            await services.start()
            yield ASite(
                services, store, replica, link, clock, spool, printer, counter, pause, claims, tasks
            )
            ground.supervisor.stop()
    finally:
        store.close()
        replica.close()


def replica_in(folder: Path) -> DirectoryFile:
    """The replica of `folder`; the first time it is filled."""
    is_new = not (folder / "replica.db").exists()
    replica = DirectoryFile(folder / "replica.db")
    if is_new:
        fill(replica)
    return replica


def fill(replica: DirectoryFile) -> None:
    """A directory with one site, one printer, two queues and a panel."""
    replica.put(
        schema.heartbeat,
        id=1,
        lineage="0" * 32,
        wall_ms=ManualClock().wall_ms(),
        min_reader=1,
        currency="EUR",
    )
    replica.put(schema.sites, site_name=SITE, title="Oslo", epoch=1)
    replica.put(
        schema.printers,
        printer_name=PRINTER,
        site_name=SITE,
        printer_uri="ipp://127.0.0.1:1/ipp/print",
        provider_mode="print_and_log_later",
    )
    for queue_name, hold_mode in ((HELD, "user"), (DIRECT, "none")):
        replica.put(
            schema.queues,
            queue_name=queue_name,
            site_name=SITE,
            printer_name=PRINTER,
            hold_mode=hold_mode,
        )
    replica.put(
        schema.prices,
        printer_name="",
        mono_simplex_micros=PRICE_MICROS,
        mono_duplex_micros=PRICE_MICROS * 8 // 10,
        colour_simplex_micros=PRICE_MICROS * 4,
        colour_duplex_micros=PRICE_MICROS * 3,
    )
    replica.put(
        schema.devices,
        device_name=DEVICE.device_name,
        site_name=SITE,
        printer_name=PRINTER,
        token_hash=hashlib.sha256(DEVICE_TOKEN.encode()).hexdigest(),
        enabled=True,
    )


def units(amount: float) -> Micros:
    return Micros(round(amount * 1_000_000))
