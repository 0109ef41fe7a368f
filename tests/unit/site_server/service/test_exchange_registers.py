"""The site's registers and headquarters', while the link is up."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.messages import Registers as RegistersMessage
from replication.messages import RegistersHave, Welcome
from replication.ports import Micros, WallMs
from replication.registers import HeldJob
from replication.testing import FullRegisters, RecordingLink
from site_server.service.exchange_registers import ExchangeRegisters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

WELCOME = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0)
EMPTY = RegistersHave(versions={})
JOB = HeldJob(
    job_uuid="job 1",
    site_name="oslo",
    user_name="ada",
    queue_name="secure",
    job_name="report",
    pages=1,
    cost_micros=Micros(1),
    state="held",
    updated_wall_ms=WallMs(1),
)


@pytest.fixture
def registers(tmp_path: Path) -> Iterator[Registers]:
    opened = Registers(tmp_path / "registers.db", crsqlite_path(os.environ))
    yield opened
    opened.close()


@asynccontextmanager
async def running(exchange: ExchangeRegisters) -> AsyncIterator[None]:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(exchange.run())
        try:
            yield
        finally:
            task.cancel()


async def test_headquarters_hears_what_is_here_and_gets_what_it_lacks(
    registers: Registers,
) -> None:
    link = RecordingLink()
    exchange = ExchangeRegisters(registers=registers, link=link)
    async with running(exchange):
        await exchange.up(WELCOME)
        assert link.sent == [EMPTY]
        await exchange.heard(EMPTY)
        await registers.put_held_job(JOB)
        await link.wait_for_sent(2)
    message = link.sent[1]
    assert isinstance(message, RegistersMessage)
    assert message.versions == registers.versions


async def test_what_headquarters_has_is_taken_over(registers: Registers, tmp_path: Path) -> None:
    other = Registers(tmp_path / "other.db", crsqlite_path(os.environ))
    await other.put_held_job(JOB)
    batch = await other.newer_than({})
    other.close()
    assert batch is not None
    exchange = ExchangeRegisters(registers=registers, link=RecordingLink())
    async with running(exchange):
        await exchange.up(WELCOME)
        message = RegistersMessage(changes=list(batch.changes), versions=dict(batch.versions))
        await exchange.heard(message)
        assert await registers.held_jobs() == (JOB,)


async def test_after_the_end_of_a_link_nothing_is_sent_or_taken(registers: Registers) -> None:
    link = RecordingLink()
    exchange = ExchangeRegisters(registers=registers, link=link)
    async with running(exchange):
        await exchange.up(WELCOME)
        await exchange.heard(EMPTY)
        exchange.down()
        await registers.put_held_job(JOB)
        await exchange.heard(RegistersMessage(changes=[], versions={"a" * 32: 5}))
        await exchange.heard(EMPTY)
        await exchange.up(WELCOME)
        assert link.sent == [EMPTY, RegistersHave(versions=dict(registers.versions))]
    assert "a" * 32 not in registers.versions


async def test_after_a_while_a_full_disk_is_tried_again() -> None:
    full, link = FullRegisters(), RecordingLink()
    exchange = ExchangeRegisters(registers=full, link=link, retry_ms=10)
    async with running(exchange):
        await exchange.up(WELCOME)
        for attempt in range(1, 4):
            await exchange.heard(RegistersMessage(changes=[], versions={}))
            assert full.refused == attempt
            await link.wait_for_sent(attempt + 1)
            await asyncio.sleep(0)
    assert link.sent == [EMPTY] * 4


async def test_a_full_disk_is_told_and_the_link_lives_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    full = FullRegisters()
    exchange = ExchangeRegisters(registers=full, link=RecordingLink())
    async with running(exchange):
        await exchange.up(WELCOME)
        for _ in range(3):
            await exchange.heard(RegistersMessage(changes=[], versions={}))
    assert full.refused == 1
    assert "not kept up to date" in caplog.text
