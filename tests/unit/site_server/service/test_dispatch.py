"""Every answer that a printer can give, while the site runs and after it was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from replication.entry_bodies import JobNotPrinted, JobUnknown
from replication.errors import StorageFullError
from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.ports import Fate, Outcome
from site_server.service.record_outcome import record_outcome
from site_server.testing import PRINTED, MemorySpool, PrinterDouble
from tests.unit.site_server.a_site import PRICE_MICROS, PRINTER, FillingStore, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

COST_MICROS = 2 * PRICE_MICROS
JAMMED = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_CANCELLED, detail="paper jam")
FORGOTTEN = Outcome(fate=Fate.UNKNOWN, reason=Cause.OUTCOME_UNKNOWN, detail="no record")
SILENT = Outcome(fate=Fate.UNREACHABLE, reason=Cause.PRINTER_UNREACHABLE, detail="no answer")


async def test_a_job_that_did_not_print_is_held_again_and_nobody_pays(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [JAMMED]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        stored = site.job(job.job_uuid)
        assert (stored.state, stored.reason_text) == (JobState.HELD, "paper jam")
        assert site.money("ada").effective_micros == units(5)
        entry = site.facts()[-1]
        assert isinstance(entry, JobNotPrinted)
        assert entry.reason == "printer_cancelled: paper jam"
        await site.release(stored)
        await site.settle()
        assert site.job(job.job_uuid).fence == 2
        assert site.printer.papers == [job.job_uuid]


async def test_an_unknown_outcome_is_shown_keeps_its_credit_and_is_never_sent_again(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [FORGOTTEN]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.UNKNOWN
        assert isinstance(site.facts()[-1], JobUnknown)
        assert site.money("ada").reserved_micros == COST_MICROS
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Cause.OUTCOME_OPEN
        site.clock.advance(30 * 86_400_000)
        await site.services.expire.once()
        assert site.job(job.job_uuid).state is JobState.UNKNOWN
        assert len(site.printer.orders) == 1


@pytest.mark.parametrize("printed", [True, False])
async def test_a_person_settles_an_unknown_job(tmp_path: Path, *, printed: bool) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [FORGOTTEN]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        await site.services.delete_job.settle(job.job_uuid, printed=printed)
        state = JobState.PRINTED if printed else JobState.HELD
        assert site.job(job.job_uuid).state is state
        assert site.money("ada").effective_micros == units(5) - (COST_MICROS if printed else 0)
        assert site.money("ada").reserved_micros == 0


async def test_a_printer_that_falls_silent_is_asked_until_it_answers(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [SILENT]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.RELEASING
        assert site.printer.asked == [101]
        site.printer.records = {101: PRINTED}
        site.pause.go_on.set()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED
        assert len(site.printer.orders) == 1


async def test_a_silent_printer_does_not_keep_the_next_job_in_its_lane(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [SILENT]
        first, second = await site.print_pdf("ada"), await site.print_pdf("ada")
        await site.release(first)
        await site.release(second)
        await site.settle()
        assert site.job(second.job_uuid).state is JobState.PRINTED


async def test_jobs_of_one_printer_go_out_one_after_the_other(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        jobs = [await site.print_pdf("ada") for _ in range(3)]
        for job in jobs:
            await site.release(job)
        await site.settle()
        assert len(site.printer.orders) == 1
        site.printer.gate.set()
        await site.settle()
        assert site.printer.papers == [job.job_uuid for job in jobs]


async def test_a_bug_before_the_number_holds_the_job_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.fails_before_number = ValueError("a bug")
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        stored = site.job(job.job_uuid)
        assert (stored.state, stored.reason_code) == (JobState.HELD, Cause.NOT_SENT)
        assert site.printer.withdrawn == [job.job_uuid]
        assert site.services.dispatcher.under_way == 0
        assert "a bug" in caplog.text


async def test_a_bug_after_the_number_asks_the_printer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.fails_after_number = ValueError("a bug")
        site.printer.records = {101: PRINTED}
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED
        assert site.printer.asked == [101]
        assert site.services.dispatcher.under_way == 0
        assert "a bug" in caplog.text


async def test_a_number_that_cannot_be_written_means_that_nothing_is_sent(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.fails_before_number = StorageFullError()
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).reason_code == Cause.NOT_SENT
        assert "disk is full" in site.job(job.job_uuid).reason_text


ANSWERS = [
    pytest.param(PRINTED, JobState.PRINTED, id="completed"),
    pytest.param(JAMMED, JobState.HELD, id="aborted"),
    pytest.param(FORGOTTEN, JobState.UNKNOWN, id="forgotten"),
    pytest.param(SILENT, JobState.RELEASING, id="unreachable"),
]


@pytest.mark.parametrize(("answer", "state"), ANSWERS)
async def test_after_a_kill_the_printers_record_decides(
    tmp_path: Path, answer: Outcome, state: JobState
) -> None:
    spool = MemorySpool(tmp_path)
    async with a_site(tmp_path, spool=spool) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
    printer = PrinterDouble(records={101: answer})
    async with a_site(tmp_path, spool=spool, printer=printer) as site:
        await site.settle()
        assert site.job(job.job_uuid).state is state
        assert (printer.orders, printer.asked) == ([], [101])
        reserved = COST_MICROS if state in {JobState.UNKNOWN, JobState.RELEASING} else 0
        assert site.money("ada").reserved_micros == reserved
        paid = COST_MICROS if state is JobState.PRINTED else 0
        assert site.money("ada").effective_micros == units(5) - paid - reserved
        assert (job.job_uuid in spool.documents) is (state is not JobState.PRINTED)


async def test_after_a_kill_before_the_number_nothing_was_sent_and_nobody_is_asked(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        first, second = await site.print_pdf("ada"), await site.print_pdf("ada")
        await site.release(first)
        await site.release(second)  # waits in the lane: it has no number yet
        await site.settle()
        assert site.job(second.job_uuid).printer_job_id is None
    printer = PrinterDouble(records={101: PRINTED})
    async with a_site(tmp_path, printer=printer) as site:
        await site.settle()
        assert site.job(first.job_uuid).state is JobState.PRINTED
        assert site.job(second.job_uuid).state is JobState.HELD
        assert site.job(second.job_uuid).reason_code == Cause.NOT_SENT
        assert printer.asked == [101]


async def test_a_printer_that_left_the_directory_is_waited_for(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [SILENT]
        site.printer.records = {101: PRINTED}
        job = await site.print_pdf("ada")
        site.printer.gate.clear()
        await site.release(job)
        site.replica.change(lambda c: c.execute(schema.printers.delete()))
        site.printer.gate.set()
        await site.settle()
        assert (site.job(job.job_uuid).state, site.printer.asked) == (JobState.RELEASING, [])
        site.replica.put(
            schema.printers,
            printer_name=PRINTER,
            site_name="oslo",
            printer_uri="ipp://127.0.0.1:2/",
            provider_mode="auto",
        )
        site.pause.go_on.set()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED


async def test_an_outcome_is_kept_until_the_disk_has_room_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        site.user("ada", units(5))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert isinstance(site.store, FillingStore)
        site.store.is_full = True
        site.printer.gate.set()
        await site.settle_reading()
        assert site.job(job.job_uuid).state is JobState.RELEASING
        assert caplog.text.count("disk is full") == 1
        site.store.is_full = False
        site.pause.go_on.set()
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.PRINTED
        assert site.services.dispatcher.under_way == 0


async def test_late_news_of_a_former_release_changes_nothing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.printer.outcomes = [JAMMED]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        site.printer.gate.clear()
        await site.release(job)
        await site.settle()
        late = await site.store.write(lambda unit: record_outcome(unit, job.job_uuid, 1, PRINTED))
        assert late is None
        assert site.job(job.job_uuid).state is JobState.RELEASING
        assert "job_printed" not in site.kinds()
