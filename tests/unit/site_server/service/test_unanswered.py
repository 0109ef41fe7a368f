"""Jobs of a node that nobody answers: the printer's failure mode, and the offline log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from failure_modes.offline_log import RECORD_BYTES_MAX, LogAlarm, LogLimits
from failure_modes.vocabulary import Reason
from replication.entry_bodies import JobPrintedLate
from site_server.causes import Cause
from site_server.config import Times
from site_server.ports import Fate, Outcome
from site_server.service.unanswered import record_bytes
from site_server.testing import PrinterDouble
from tests.unit.site_server.a_secondary import REFRESH_MS, a_secondary
from tests.unit.site_server.a_site import PRICE_MICROS, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_secondary import ASecondary

COST_MICROS = 2 * PRICE_MICROS
BEFORE_A_PRINT = ["job_accepted", "job_counted", "job_released"]


async def test_print_unlogged_prints_and_journals_nothing_of_it(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.mode("print_unlogged")
        await restarted_refresh(node)
        node.cut()
        job = await node.print_pdf("ada")
        node.heal()
        await node.tick()
        assert node.job(job.job_uuid).state is JobState.PRINTED
        assert node.printer.papers == [job.job_uuid]
        assert node.kinds() == ["job_accepted", "job_counted"]


async def test_an_unlogged_job_that_did_not_come_out_is_held_without_a_trace(
    tmp_path: Path,
) -> None:
    printer = PrinterDouble(outcomes=[Outcome(fate=Fate.NOT_PRINTED, reason=Cause.NOT_SENT)])
    async with a_secondary(tmp_path, printer=printer) as node:
        node.mode("print_unlogged")
        await restarted_refresh(node)
        node.cut()
        job = await node.print_pdf("ada")
        assert (job.state, job.unanswered) == (JobState.HELD, "")
        assert node.kinds() == ["job_accepted", "job_counted"]


async def test_an_unlogged_job_whose_outcome_nobody_knows_waits_for_a_person(
    tmp_path: Path,
) -> None:
    printer = PrinterDouble(outcomes=[Outcome(fate=Fate.UNKNOWN, reason=Cause.OUTCOME_UNKNOWN)])
    async with a_secondary(tmp_path, printer=printer) as node:
        node.mode("print_unlogged")
        await restarted_refresh(node)
        node.cut()
        job = await node.print_pdf("ada")
        assert job.state is JobState.UNKNOWN
        await node.services.delete_job.settle(job.job_uuid, printed=True)
        assert node.kinds() == ["job_accepted", "job_counted"]


async def test_print_and_log_later_notes_the_job_and_charges_it_once_somebody_answers(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", COST_MICROS)
        node.cut()
        job = await node.print_pdf("ada")
        printed_ms = node.clock.wall_ms()
        assert job.state is JobState.PRINTED
        assert node.kinds() == BEFORE_A_PRINT
        assert node.asks.offline_log.look().records == 1
        assert node.money("ada").reserved_micros == COST_MICROS

        node.heal()
        await node.tick()
        await node.tick()
        assert node.kinds() == [*BEFORE_A_PRINT, "job_printed_late"]
        late = node.facts()[-1]
        assert isinstance(late, JobPrintedLate)
        assert (late.payer, late.cost_micros, late.mono_pages) == ("user:ada", COST_MICROS, 2)
        assert (late.printed_wall_ms, late.reason) == (printed_ms, Reason.CHARGED_LATE)
        assert node.asks.offline_log.look().records == 0
        assert node.money("ada").reserved_micros == 0


async def test_what_was_printed_unanswered_cannot_be_spent_again_before_it_is_charged(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", COST_MICROS)
        node.cut()
        node.printer.gate.clear()
        await node.print_pdf("ada")
        node.heal()
        assert (await node.print_pdf("ada")).reason_code == Reason.NOT_ENOUGH_CREDIT
        node.printer.gate.set()


async def test_a_job_that_did_not_come_out_gives_its_room_in_the_log_back(
    tmp_path: Path,
) -> None:
    printer = PrinterDouble(outcomes=[Outcome(fate=Fate.NOT_PRINTED, reason=Cause.NOT_SENT)])
    async with a_secondary(tmp_path, printer=printer) as node:
        node.cut()
        await node.print_pdf("ada")
        assert node.asks.offline_log.look().records == 0
        assert node.money("ada").reserved_micros == 0


async def test_hold_until_reconnect_keeps_the_job_and_sends_it_on_when_somebody_answers(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.mode("hold_until_reconnect")
        node.user("ada", COST_MICROS)
        await restarted_refresh(node)
        node.cut()
        first, second = await node.print_pdf("ada"), await node.print_pdf("ada")
        await node.tick()
        assert node.job(first.job_uuid).reason_code == Reason.HELD_UNTIL_RECONNECT
        assert node.printer.papers == []
        node.heal()
        await node.tick()
        assert node.job(first.job_uuid).state is JobState.PRINTED
        refused = node.job(second.job_uuid)
        assert (refused.state, refused.reason_code) == (JobState.HELD, Reason.NOT_ENOUGH_CREDIT)


@pytest.mark.parametrize(("restricted", "state"), [(True, "held"), (False, "printed")])
async def test_auto_goes_by_what_was_last_told_of_the_user(
    tmp_path: Path, restricted: bool, state: str
) -> None:
    async with a_secondary(tmp_path) as node:
        node.mode("auto")
        node.user("ada", units(5), restricted=restricted)
        await node.print_pdf("ada")
        node.cut()
        assert (await node.print_pdf("ada")).state == state
        assert (await node.print_pdf("a-stranger")).state is JobState.HELD


async def test_a_full_log_holds_jobs_and_goes_on_when_it_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_secondary(tmp_path, log_limits=LogLimits(records_max=1)) as node:
        node.user("ada", units(5))
        node.cut()
        first, second = await node.print_pdf("ada"), await node.print_pdf("ada")
        assert first.state is JobState.PRINTED
        assert (second.state, second.reason_code) == (JobState.HELD, Reason.OFFLINE_LOG_FULL)
        assert node.asks.offline_log.look().alarm is LogAlarm.FULL
        said = [record.message for record in caplog.records if "offline log is" in record.message]
        assert said == ["the offline log is full: 1 of 1 records, 100 % full"]
        node.heal()
        await node.tick()
        assert node.job(second.job_uuid).state is JobState.PRINTED
        assert node.asks.offline_log.look().alarm is LogAlarm.QUIET


async def test_a_job_is_taken_while_nobody_answers_although_its_user_is_unknown(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.cut()
        assert (await node.print_pdf("a-stranger")).state is JobState.PRINTED


async def test_a_record_that_is_not_charged_outlives_the_rows_of_ended_jobs(
    tmp_path: Path,
) -> None:
    times = Times(ended_kept_ms=60_000)
    async with a_secondary(tmp_path, times=times) as node:
        node.user("ada", units(5))
        node.cut()
        job = await node.print_pdf("ada")
        node.clock.advance(4 * 3_600_000)
        await node.tick()
        assert node.job(job.job_uuid).state is JobState.PRINTED
        node.heal()
        await node.tick()
        assert node.kinds()[-1] == "job_printed_late"


async def test_auto_holds_for_somebody_who_was_shut_out(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.mode("auto")
        node.user("ada", units(5), restricted=False, enabled=False)
        await node.print_pdf("ada")
        node.cut()
        assert (await node.print_pdf("ada")).reason_code == Reason.HELD_UNTIL_RECONNECT


async def test_a_record_never_takes_more_room_than_the_largest(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        job = await node.print_pdf("ada")
    assert 512 < record_bytes(job) < RECORD_BYTES_MAX
    assert record_bytes(replace(job, job_name="n" * 5_000)) == RECORD_BYTES_MAX


async def restarted_refresh(node: ASecondary) -> None:
    """Let the node hear what headquarters says now."""
    node.clock.advance(REFRESH_MS)
    await node.tick()
    await asyncio.sleep(0)
