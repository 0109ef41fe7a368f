"""A whole secondary without network or printers: real stores, doubles around them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.offline_log import LogLimits
from failure_modes.pricing import PageCount
from replication.schema import directory as schema
from replication.testing import ManualClock
from site_server.adapters.told_directory import ToldDirectory
from site_server.asking_services import AskingGround, make_asking_services
from site_server.config import Limits, Secondary, Times
from site_server.ipp.service_port import DocumentInfo, JobRequest, JobTicket, JobView, Refusal
from site_server.ports import Counted
from site_server.service.asking import Asking, Patience, Patient
from site_server.service.ground import Ground
from site_server.service.supervise import Supervisor
from site_server.service.testing import NodeDouble
from site_server.services import Outside
from site_server.store.directory import Directory
from site_server.store.site_store import SiteStore
from site_server.testing import CounterDouble, DirectoryFile, MemorySpool, PrinterDouble, StillLink
from tests.unit.site_server.a_site import CARD_KEY, DIRECT, PDF, PRINTER, SITE, replica_in
from tests.unit.site_server.pause import TestPause
from tests.unit.site_server.site_records import SiteRecords

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from site_server.service.release_asking import Asks
    from site_server.store.jobs import Job

DOWN_MS = 5_000
TWO_PAGES = Counted(pages=PageCount(mono=2, colour=0))
REFRESH_MS = 30_000


@dataclass(slots=True)
class ASecondary(SiteRecords):
    """A running secondary, the directory behind the nodes that it asks, and those nodes."""

    directory: DirectoryFile
    primary: NodeDouble
    site_server: NodeDouble
    asking: Asking
    asks: Asks
    link: StillLink
    clock: ManualClock
    spool: MemorySpool
    printer: PrinterDouble
    counter: CounterDouble

    # What headquarters says.

    def user(
        self,
        user_name: str,
        balance_micros: int = 0,
        *,
        restricted: bool = True,
        enabled: bool = True,
    ) -> None:
        self.directory.put(
            schema.users,
            user_name=user_name,
            full_name=user_name,
            enabled=enabled,
            restricted=restricted,
        )
        payer = f"user:{user_name}"
        self.directory.put(schema.balances, payer=payer, balance_micros=balance_micros)

    def mode(self, provider_mode: str) -> None:
        self.directory.put(
            schema.printers,
            printer_name=PRINTER,
            site_name=SITE,
            printer_uri="ipp://127.0.0.1:1/ipp/print",
            provider_mode=provider_mode,
        )

    def policy(self, body: str) -> None:
        self.directory.put(schema.policies, layer="global", scope="", version=1, body=body)

    def cut(self) -> None:
        self.primary.is_silent = self.site_server.is_silent = True

    def heal(self) -> None:
        self.primary.is_silent = self.site_server.is_silent = False
        self.clock.advance(DOWN_MS)

    # What people do.

    async def tick(self) -> None:
        await self.services.expire.once()
        await self.settle()

    async def print_pdf(self, user_name: str) -> Job:
        view = await self.submit(user_name)
        assert isinstance(view, JobView), view
        await self.settle()
        return self.job(view.job_uuid)

    async def submit(self, user_name: str, queue_name: str = DIRECT) -> JobView | Refusal:
        request = JobRequest(
            queue_name=queue_name, user_name=user_name, job_name="report", ticket=JobTicket()
        )
        document = DocumentInfo(name="report.pdf", format="application/pdf")
        writer = await self.services.ipp_jobs.begin_job(request, document)
        if isinstance(writer, Refusal):
            return writer
        try:
            assert await writer.write(PDF) is None
            return await writer.commit(is_last=True)
        finally:
            await writer.abort()

    async def settle(self) -> None:
        """Let everything that can go on go on."""
        for _ in range(30):
            await self.store.write(lambda _: None)
            await asyncio.sleep(0)


def _asking(
    primary: NodeDouble, site_server: NodeDouble, clock: ManualClock, link: StillLink
) -> Asking:
    patience = Patience(answer_ms=10, down_ms=DOWN_MS)
    asking = Asking(
        Patient(primary, clock, patience), [Patient(site_server, clock, patience)], link
    )
    asking.link_is_up()
    return asking


def _ground(
    *,
    store: SiteStore,
    told: ToldDirectory,
    spool: MemorySpool,
    clock: ManualClock,
    tasks: asyncio.TaskGroup,
    link: StillLink,
) -> Ground:
    return Ground(
        site_name=SITE,
        store=store,
        directory=Directory(told, SITE),
        spool=spool,
        link=link,
        clock=clock,
        supervisor=Supervisor(tasks, clock, TestPause()),
        limits=Limits(),
    )


@asynccontextmanager
async def a_secondary(
    folder: Path,
    *,
    log_limits: LogLimits | None = None,
    times: Times | None = None,
    printer: PrinterDouble | None = None,
    spool: MemorySpool | None = None,
    silent: bool = False,
    make_store: type[SiteStore] = SiteStore,
) -> AsyncIterator[ASecondary]:
    """A secondary over the files of `folder`; started again over the same folder it is a restart.

    `silent`: nobody answers from the start.
    """
    clock = ManualClock()
    directory, told = replica_in(folder), ToldDirectory()
    store = make_store(folder / "site.db", site_name=SITE, epoch=1, clock=clock)
    primary, site_server = NodeDouble(directory, SITE), NodeDouble(directory, SITE)
    primary.is_silent = site_server.is_silent = silent
    link = StillLink()
    asking = _asking(primary, site_server, clock, link)
    spool = spool or MemorySpool(folder / "spool")
    printer = printer or PrinterDouble()
    counter = CounterDouble(TWO_PAGES)
    asking_ground = AskingGround(
        asker=asking,
        place=told,
        wanted=Secondary(refresh_ms=REFRESH_MS),
        log_limits=log_limits or LogLimits(),
        on_told=link.tell,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            ground = _ground(
                store=store, told=told, spool=spool, clock=clock, tasks=tasks, link=link
            )
            outside = Outside(delivery=printer, counters=[counter], card_key=CARD_KEY)
            services, asks = make_asking_services(ground, outside, times or Times(), asking_ground)
            await services.start()
            asked = (directory, primary, site_server, asking, asks)
            secondary = ASecondary(services, store, *asked, link, clock, spool, printer, counter)
            await secondary.settle()
            yield secondary
            ground.supervisor.stop()
    finally:
        told.close()
        store.close()
        directory.close()
