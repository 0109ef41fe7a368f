"""What was printed unanswered is charged exactly once, whatever is killed when."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import Reason
from replication.entry_bodies import JobPrintedLate, movement
from replication.errors import StorageFullError
from replication.schema import directory as schema
from site_server.ports import Fate, Outcome
from site_server.testing import MemorySpool, PrinterDouble
from tests.unit.site_server.a_secondary import a_secondary
from tests.unit.site_server.a_site import PRICE_MICROS, FillingStore, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_secondary import ASecondary

COST_MICROS = 2 * PRICE_MICROS
HOUR_MS = 3_600_000
NUMBER = 101


def only_charge(node: ASecondary) -> JobPrintedLate:
    (late,) = [fact for fact in node.facts() if isinstance(fact, JobPrintedLate)]
    return late


async def test_killed_between_print_and_note_the_job_is_charged_once_by_the_printers_record(
    tmp_path: Path,
) -> None:
    printer, spool = PrinterDouble(), MemorySpool(tmp_path / "spool")
    printer.gate.clear()
    async with a_secondary(tmp_path, printer=printer, spool=spool) as node:
        node.user("ada", units(5))
        node.cut()
        job = await node.print_pdf("ada")
        assert job.state is JobState.RELEASING
    printer = PrinterDouble(records={NUMBER: Outcome(fate=Fate.PRINTED)})
    async with a_secondary(tmp_path, printer=printer, spool=spool, silent=True) as node:
        assert node.job(job.job_uuid).state is JobState.PRINTED
        assert node.asks.offline_log.look().records == 1
        node.heal()
        await node.tick()
        assert only_charge(node).cost_micros == COST_MICROS
        assert printer.papers == []


async def test_a_charge_that_could_not_be_written_is_written_after_the_restart(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path, make_store=FillingStore) as node:
        node.user("ada", units(5))
        node.cut()
        await node.print_pdf("ada")
        node.heal()
        assert isinstance(node.store, FillingStore)
        node.store.is_full = True
        with pytest.raises(StorageFullError):
            await node.asks.settle_late.once()
        node.store.is_full = False
    async with a_secondary(tmp_path) as node:
        assert only_charge(node).cost_micros == COST_MICROS
    async with a_secondary(tmp_path) as node:  # killed after it was written: nothing is left to do
        await node.tick()
        assert only_charge(node).cost_micros == COST_MICROS


async def test_nothing_is_settled_while_nobody_answers(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.cut()
        await node.print_pdf("ada")
        assert await node.asks.settle_late.once() == 0
        assert node.asks.offline_log.look().records == 1


async def test_what_is_too_old_is_recorded_and_not_charged(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        node.policy(f'{{"late_upload_max_ms": {HOUR_MS}}}')
        node.cut()
        await node.print_pdf("ada")
        node.clock.advance(HOUR_MS + 1)
        node.heal()
        await node.tick()
        late = only_charge(node)
        assert (late.cost_micros, late.reason) == (0, Reason.TOO_LATE_TO_CHARGE)
        assert movement(late) is None
        assert node.money("ada").reserved_micros == 0


async def test_what_nobody_known_printed_is_recorded_and_not_charged(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.cut()
        await node.print_pdf("a-stranger")
        node.heal()
        await node.tick()
        late = only_charge(node)
        assert (late.user_name, late.cost_micros) == ("a-stranger", 0)
        assert late.reason == Reason.UNKNOWN_USER


async def test_a_balance_may_fall_below_zero_for_the_paper_is_out(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", 0)
        node.cut()
        await node.print_pdf("ada")
        node.heal()
        await node.tick()
        assert only_charge(node).cost_micros == COST_MICROS


async def test_where_the_printer_is_gone_the_price_of_the_time_counts(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        node.cut()
        await node.print_pdf("ada")
        node.directory.change(lambda connection: connection.execute(delete(schema.printers)))
        node.heal()
        await node.tick()
        late = only_charge(node)
        assert (late.payer, late.cost_micros) == ("user:ada", COST_MICROS)


async def test_a_late_charge_has_the_price_of_the_day_of_the_print(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        price_list(node, version=1, valid_from_ms=0, mono_micros=10_000)
        node.cut()
        await node.print_pdf("ada")
        node.clock.advance(HOUR_MS)
        price_list(node, version=2, valid_from_ms=node.clock.wall_ms(), mono_micros=99_000)
        node.heal()
        await node.tick()
        assert only_charge(node).cost_micros == 2 * 10_000


def price_list(node: ASecondary, *, version: int, valid_from_ms: int, mono_micros: int) -> None:
    prices = {"mono_micros": mono_micros, "colour_micros": mono_micros}
    body = json.dumps(
        {
            "version": version,
            "valid_from_ms": valid_from_ms,
            "tariffs": {"all": {"model": "simple", **prices}},
            "default": "all",
        }
    )
    node.directory.put(
        schema.price_lists,
        version=version,
        valid_from_ms=valid_from_ms,
        body=body,
        body_sha256=hashlib.sha256(body.encode()).hexdigest(),
    )
