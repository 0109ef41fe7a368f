"""Both ends of IPP against each other: our printer client and our own endpoint."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from site_server.adapters.ipp_client import http_url
from site_server.adapters.ipp_printer import IppPrinter, marked
from site_server.ipp.delivery_port import (
    Opened,
    Parcel,
    Phase,
    PrinterReport,
    Refused,
    Sheet,
    Silence,
)
from site_server.ipp.service_port import JobTicket
from tests.unit.site_server.ipp.serving import PDF, Scene, scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TICKET = JobTicket(
    copies=3, sides="two-sided-long-edge", colour_mode="monochrome", print_quality=5, orientation=4
)
SHEET = Sheet(job_name="Lease", user_name="anna", ticket=TICKET, marker="0b8e1c9a")


@asynccontextmanager
async def printer_at(stage: Scene) -> AsyncIterator[IppPrinter]:
    yield IppPrinter(stage.client.session, stall_ms=2_000)


@pytest.fixture
def parcel(tmp_path: Path) -> Parcel:
    path = tmp_path / "document"
    path.write_bytes(PDF)
    return Parcel(path=path, format="application/pdf", name="lease.pdf")


async def reported(printer: IppPrinter, uri: str) -> PrinterReport:
    report = await printer.report(uri)
    assert isinstance(report, PrinterReport)
    return report


async def test_a_job_goes_the_whole_way(parcel: Parcel) -> None:
    async with scene() as stage, printer_at(stage) as printer:
        uri = stage.client.queue_uri("direct")
        report = await reported(printer, uri)
        opened = await printer.create_job(uri, SHEET, report)
        assert opened == Opened(printer_job_id=1)
        waiting = await printer.find(uri, 1, SHEET.marker)
        sent = await printer.send_document(uri, 1, SHEET, parcel)
        done = await printer.find(uri, 1, SHEET.marker)

        assert waiting.phase is Phase.WAITS_FOR_DOCUMENT
        assert sent == opened
        assert (done.phase, done.impressions_completed) == (Phase.COMPLETED, 0)
        assert stage.jobs.content(1) == PDF
        job = stage.jobs.all_jobs[0]
        assert job.ticket == TICKET
        assert (job.job_name, job.user_name) == ("Lease #0b8e1c9a", "anna")
        assert (job.document_name, job.document_format) == ("lease.pdf", "application/pdf")


async def test_a_job_may_go_at_once(parcel: Parcel) -> None:
    async with scene() as stage, printer_at(stage) as printer:
        uri = stage.client.queue_uri("held")
        report = await reported(printer, uri)
        assert await printer.print_job(uri, SHEET, report, parcel) == Opened(printer_job_id=1)

        assert (await printer.find(uri, 1)).phase is Phase.PENDING
        assert await printer.cancel(uri, 1, "anna") == Opened(printer_job_id=1)
        assert (await printer.find(uri, 1)).phase is Phase.CANCELED
        assert stage.jobs.content(1) == PDF


async def test_a_job_that_is_not_there_is_forgotten() -> None:
    async with scene() as stage, printer_at(stage) as printer:
        seen = await printer.find(stage.client.queue_uri("direct"), 99)

        assert seen.phase is Phase.FORGOTTEN


async def test_a_number_that_belongs_to_another_job_now_is_forgotten(parcel: Parcel) -> None:
    async with scene() as stage, printer_at(stage) as printer:
        uri = stage.client.queue_uri("direct")
        await printer.print_job(uri, SHEET, await reported(printer, uri), parcel)

        assert (await printer.find(uri, 1, "ffffffff")).phase is Phase.FORGOTTEN
        assert (await printer.find(uri, 1, SHEET.marker)).phase is Phase.COMPLETED


async def test_unfinished_jobs_are_found_by_their_marker(parcel: Parcel) -> None:
    async with scene() as stage, printer_at(stage) as printer:
        uri = stage.client.queue_uri("direct")
        report = await reported(printer, uri)
        await printer.print_job(uri, SHEET, report, parcel)
        await printer.create_job(uri, SHEET, report)
        await printer.create_job(uri, replace(SHEET, marker="ffffffff"), report)

        assert await printer.unfinished(uri, SHEET.marker) == (2,)
        assert await printer.unfinished(uri, "eeeeeeee") == ()


async def test_a_printer_that_is_not_there_has_no_unfinished_jobs() -> None:
    async with scene() as stage, printer_at(stage) as printer:
        assert await printer.unfinished("ipp://127.0.0.1:9/ipp/print", SHEET.marker) == ()


async def test_only_what_the_printer_offers_is_asked_for() -> None:
    report = PrinterReport(
        is_accepting=True,
        state_reasons=(),
        formats=(),
        can_create_job=True,
        offers=frozenset({("sides", "two-sided-long-edge"), ("print-quality", 3)}),
        copies_max=9,
    )
    async with scene() as stage, printer_at(stage) as printer:
        await printer.create_job(stage.client.queue_uri("direct"), SHEET, report)

        ticket = stage.jobs.all_jobs[0].ticket
        assert ticket == JobTicket(copies=3, sides="two-sided-long-edge")


async def test_a_refusal_tells_its_status_and_words() -> None:
    async with scene() as stage, printer_at(stage) as printer:
        answer = await printer.cancel(stage.client.queue_uri("direct"), 5, "anna")

        assert isinstance(answer, Refused)
        assert not answer.is_busy
        assert "not-found" in answer.detail


async def test_a_printer_that_is_not_there_was_not_touched() -> None:
    async with scene() as stage, printer_at(stage) as printer:
        answer = await printer.report("ipp://127.0.0.1:9/ipp/print")
        seen = await printer.find("ipp://127.0.0.1:9/ipp/print", 1)

        assert isinstance(answer, Silence)
        assert answer.is_untouched
        assert seen.phase is Phase.UNREACHABLE


def test_the_marker_survives_the_longest_name() -> None:
    assert marked("ø" * 300, "0b8e1c9a").endswith(" #0b8e1c9a")
    assert len(marked("ø" * 300, "0b8e1c9a").encode()) <= 255


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("ipp://printer/ipp/print", "http://printer:631/ipp/print"),
        ("ipps://printer/ipp/print", "https://printer:631/ipp/print"),
        ("ipp://[2001:db8::7]:8631/ipp", "http://[2001:db8::7]:8631/ipp"),
        ("ipp://printer", "http://printer:631/"),
        ("http://printer/x", "http://printer/x"),
    ],
)
def test_an_ipp_address_is_reached_over_http(uri: str, url: str) -> None:
    assert http_url(uri) == url
