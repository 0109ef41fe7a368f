"""Delivery to a real virtual printer, Debian's ippeveprinter."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from aiohttp import ClientSession

from chaos.live.printer import PrinterPlan, VirtualPrinter
from chaos.live.processes import Children
from chaos.live.waiting import until
from site_server.adapters.ipp_delivery import IppDelivery
from site_server.adapters.ipp_printer import IppPrinter
from site_server.adapters.patience import DeliveryLimits
from site_server.causes import Cause
from site_server.ipp.delivery_port import Opened, PrinterReport, Sheet
from site_server.ipp.service_port import JobTicket
from site_server.ports import Fate, Order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
REPORT = DOCUMENTS / "colour-2-of-5-pages.pdf"
LEASE = DOCUMENTS / "mono-3-pages.pdf"
LIMITS = DeliveryLimits(silence_ms_max=1_000, busy_ms_max=20_000, wait_ms_max=200)

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@asynccontextmanager
async def printer(folder: Path, *, printing_ms: int = 0) -> AsyncIterator[VirtualPrinter]:
    plan = PrinterPlan(name="oslo laser", folder=folder / "printer", printing_ms=printing_ms)
    async with Children() as children:
        found = VirtualPrinter(plan, children)
        found.plan.folder.mkdir()
        await found.start()
        yield found


@asynccontextmanager
async def delivery() -> AsyncIterator[tuple[IppDelivery, IppPrinter]]:
    async with ClientSession() as session:
        port = IppPrinter(session, stall_ms=1_000)
        yield IppDelivery(port, LIMITS), port


def order(to: VirtualPrinter, document: Path = REPORT, *, copies: int = 1) -> Order:
    return Order(
        job_uuid=str(uuid4()),
        fence=1,
        printer_uri=to.uri,
        document=document,
        document_format="application/pdf",
        document_name=document.name,
        job_name="Minutes of the ærø meeting",
        user_name="anna",
        ticket=JobTicket(copies=copies, sides="two-sided-long-edge", colour_mode="color"),
    )


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Recorder:
    """What the site wrote down, and when."""

    def __init__(self, to: VirtualPrinter) -> None:
        self._printer = to
        self.numbers: list[int] = []
        self.received_before: list[int] = []

    async def __call__(self, number: int) -> None:
        self.numbers.append(number)
        self.received_before.append(len(self._printer.received()))


async def test_a_document_arrives_byte_for_byte_and_its_number_was_known_before(
    tmp_path: Path,
) -> None:
    async with printer(tmp_path) as laser, delivery() as (deliver, _):
        record = Recorder(laser)
        outcome = await deliver.deliver(order(laser, copies=2), record)

        assert outcome.fate is Fate.PRINTED
        assert record.numbers == [1]
        assert record.received_before == [0]
        assert [sheet.sha256 for sheet in laser.received()] == [sha256(REPORT)]
        assert [sheet.sha256 for sheet in laser.printed()] == [sha256(REPORT)]
        assert laser.printed()[0].job_name.startswith("Minutes of the ærø meeting #")
        assert [found.completed for found in laser.documents()] == [True]


async def test_two_jobs_at_once_are_printed_one_after_the_other(tmp_path: Path) -> None:
    async with printer(tmp_path, printing_ms=400) as laser, delivery() as (deliver, _):
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(deliver.deliver(order(laser, document), Recorder(laser)))
                for document in (REPORT, LEASE)
            ]

        assert [task.result().fate for task in tasks] == [Fate.PRINTED, Fate.PRINTED]
        printed = sorted(sheet.sha256 for sheet in laser.printed())
        assert printed == sorted([sha256(REPORT), sha256(LEASE)])


async def test_a_printer_that_is_off_did_not_print(tmp_path: Path) -> None:
    async with printer(tmp_path) as laser, delivery() as (deliver, _):
        await laser.stop()
        outcome = await deliver.deliver(order(laser), Recorder(laser))

        assert (outcome.fate, outcome.reason) == (Fate.NOT_PRINTED, Cause.PRINTER_UNREACHABLE)
        await laser.start()
        again = await deliver.deliver(order(laser), Recorder(laser))
        assert again.fate is Fate.PRINTED
        assert len(laser.printed()) == 1


async def test_a_printer_that_goes_silent_is_settled_when_it_is_back(tmp_path: Path) -> None:
    async with printer(tmp_path, printing_ms=1_500) as laser, delivery() as (deliver, _):
        record = Recorder(laser)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(deliver.deliver(order(laser), record))

            async def received() -> bool:
                return len(laser.received()) == 1

            await until(received, "the document at the printer", within_ms=5_000)
            laser.pause()

        assert task.result().fate is Fate.UNREACHABLE
        laser.resume()
        settled = await deliver.settle(laser.uri, record.numbers[0])
        assert settled.fate is Fate.PRINTED
        assert len(laser.printed()) == 1


async def test_a_printer_that_lost_its_memory_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    async with printer(tmp_path) as laser, delivery() as (deliver, _):
        record = Recorder(laser)
        first = order(laser)
        await deliver.deliver(first, record)
        await laser.stop()
        await laser.start()
        assert (await deliver.settle(laser.uri, record.numbers[0])).fate is Fate.UNKNOWN

        await deliver.deliver(order(laser, LEASE), record)
        assert record.numbers == [1, 1]
        mistaken = await deliver.settle(laser.uri, 1)
        careful = await deliver.settle(laser.uri, 1, first.job_uuid)
        assert (mistaken.fate, careful.fate) == (Fate.PRINTED, Fate.UNKNOWN)


async def test_a_site_that_stopped_before_the_document_settles_to_not_printed(
    tmp_path: Path,
) -> None:
    async with printer(tmp_path) as laser, delivery() as (deliver, port):
        report = await port.report(laser.uri)
        assert isinstance(report, PrinterReport)
        assert report.can_create_job
        sheet = Sheet(job_name="Lease", user_name="anna", ticket=JobTicket(), marker="12345678")
        opened = await port.create_job(laser.uri, sheet, report)
        assert isinstance(opened, Opened)

        settled = await deliver.settle(laser.uri, opened.printer_job_id)
        assert (settled.fate, settled.reason) == (Fate.NOT_PRINTED, Cause.NOT_SENT)
        next_job = await deliver.deliver(order(laser), Recorder(laser))
        assert next_job.fate is Fate.PRINTED


async def test_a_job_that_was_made_but_never_recorded_does_not_block_the_printer(
    tmp_path: Path,
) -> None:
    async with printer(tmp_path) as laser, delivery() as (deliver, port):
        first = order(laser)
        report = await port.report(laser.uri)
        assert isinstance(report, PrinterReport)
        sheet = Sheet(
            job_name=first.job_name,
            user_name=first.user_name,
            ticket=first.ticket,
            marker=first.job_uuid[:8],
        )
        assert isinstance(await port.create_job(laser.uri, sheet, report), Opened)

        await deliver.withdraw(laser.uri, first.job_uuid)
        outcome = await deliver.deliver(order(laser), Recorder(laser))
        assert outcome.fate is Fate.PRINTED
        assert len(laser.printed()) == 1


async def test_a_job_canceled_at_the_printer_is_not_printed(tmp_path: Path) -> None:
    async with printer(tmp_path, printing_ms=2_000) as laser, delivery() as (deliver, port):
        record = Recorder(laser)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(deliver.deliver(order(laser), record))

            async def received() -> bool:
                return len(laser.received()) == 1

            await until(received, "the document at the printer", within_ms=5_000)
            await port.cancel(laser.uri, record.numbers[0], "anna")

        assert task.result().fate is Fate.NOT_PRINTED
        assert task.result().reason == Cause.PRINTER_CANCELLED


async def test_a_printer_that_does_not_take_the_format_is_not_sent_it(tmp_path: Path) -> None:
    plan = PrinterPlan(name="raster", folder=tmp_path, formats=("image/pwg-raster",))
    async with Children() as children, delivery() as (deliver, _):
        raster = VirtualPrinter(plan, children)
        await raster.start()
        outcome = await deliver.deliver(order(raster), Recorder(raster))

        assert (outcome.fate, outcome.reason) == (Fate.NOT_PRINTED, Cause.PRINTER_REFUSED)
        assert raster.received() == ()
