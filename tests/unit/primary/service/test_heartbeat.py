import asyncio
import logging

import pytest
from sqlalchemy import select

from primary.service.heartbeat import Heartbeat
from primary.store.directory import Directory
from replication.schema.directory import heartbeat as heartbeat_table
from replication.testing import ManualClock


def last_beat_ms(directory: Directory) -> int:
    with directory.read() as connection:
        return int(connection.execute(select(heartbeat_table.c.wall_ms)).scalar_one())


def window_ms(directory: Directory) -> int:
    with directory.read() as connection:
        return int(connection.execute(select(heartbeat_table.c.backup_window_ms)).scalar_one())


async def test_it_tells_sites_how_far_back_headquarters_may_be_restored(
    directory: Directory, clock: ManualClock
) -> None:
    assert window_ms(directory) == 30 * 86_400_000
    written = asyncio.Event()
    directory.on_commit = written.set
    heartbeat = Heartbeat(directory, clock, backup_window_ms=7 * 86_400_000)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        beating = group.create_task(heartbeat.run())
        await written.wait()
        beating.cancel()
    assert window_ms(directory) == 7 * 86_400_000


async def test_it_beats_once_at_start_and_then_whenever_it_is_due(
    directory: Directory, clock: ManualClock
) -> None:
    commits: asyncio.Queue[int] = asyncio.Queue()
    directory.on_commit = lambda: commits.put_nowait(last_beat_ms(directory))
    heartbeat = Heartbeat(directory, clock)
    clock.advance(60_000)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        beating = group.create_task(heartbeat.run())
        first = await commits.get()
        at_first = clock.wall_ms()
        clock.advance(5_000)
        heartbeat.due()
        second = await commits.get()
        beating.cancel()

    assert first == at_first
    assert second == at_first + 5_000
    assert heartbeat.problem == ""
    assert commits.empty()


async def test_a_directory_that_cannot_be_written_is_told_and_comes_back(
    directory: Directory, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run_sql(
        directory,
        "CREATE TRIGGER full BEFORE UPDATE ON heartbeat BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    heartbeat = Heartbeat(directory, clock)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        beating = group.create_task(heartbeat.run())
        while not heartbeat.problem:
            await directory.beat()
        problem = heartbeat.problem
        heartbeat.due()
        await directory.beat()
        await directory.write(lambda rows: rows.exec_driver_sql("DROP TRIGGER full"))
        while heartbeat.problem:
            heartbeat.due()
            await directory.beat()
        beating.cancel()

    assert "full" in problem
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def run_sql(directory: Directory, statement: str) -> None:
    directory.write_now(lambda connection: connection.exec_driver_sql(statement))
