from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path

import pytest

from replication.adapters.litestream_process import (
    LitestreamError,
    LitestreamProcess,
    find_litestream,
    log_line,
)
from replication.adapters.rounds import Rounds


def process(folder: Path) -> LitestreamProcess:
    return LitestreamProcess(
        directory_path=folder / "directory.db", store=folder / "store", runtime_folder=folder
    )


def test_litestream_is_found_beside_this_python() -> None:
    assert find_litestream().is_file()


async def test_without_litestream_a_sync_fails_in_its_time(tmp_path: Path) -> None:
    with pytest.raises(LitestreamError, match="did not sync in 100 ms"):
        await process(tmp_path).sync(timeout_ms=100)


async def test_a_database_that_litestream_cannot_read_is_said_in_its_words(
    tmp_path: Path,
) -> None:
    (tmp_path / "directory.db").write_bytes(b"this is not a database" * 100)
    litestream = process(tmp_path)
    task = asyncio.get_running_loop().create_task(litestream.run())
    with pytest.raises(LitestreamError, match="not a database"):
        await litestream.sync(timeout_ms=2_000)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_long_path_gets_its_socket_elsewhere_and_leaves_nothing_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / ("long " * 15) / ("path$HOME " * 8)
    folder.mkdir(parents=True)
    litestream = process(folder)
    task = asyncio.get_running_loop().create_task(litestream.run())
    await litestream.child.wait_running()
    config = json.loads((folder / "litestream.json").read_text())
    socket = Path(config["socket"]["path"])
    assert len(str(socket)) < 100
    assert socket.parent.stat().st_mode & 0o077 == 0
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not socket.parent.exists()


def test_its_log_lines_keep_their_level() -> None:
    line = '{"time":"x","level":"ERROR","msg":"sync error","db":"d","error":"disk full"}'
    assert log_line(line) == (logging.ERROR, "sync error db=d error=disk full")
    assert log_line("panic: something") == (logging.WARNING, "panic: something")
    assert log_line("[]") == (logging.WARNING, "[]")


class Work:
    """Work that runs until it is told to end."""

    def __init__(self) -> None:
        self.begun = 0
        self.gate = asyncio.Semaphore(0)
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        await self.gate.acquire()
        if self.fails:
            raise LitestreamError
        return self.begun


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_comes_during_a_round_shares_the_next() -> None:
    work = Work()
    rounds: Rounds[int] = Rounds(LitestreamError)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(rounds.next(work))
        await settle()
        late = [group.create_task(rounds.next(work)) for _ in range(20)]
        await settle()
        assert work.begun == 1
        work.gate.release()
        await settle()
        assert work.begun == 2
        work.gate.release()
    assert first.result() == 1
    assert {task.result() for task in late} == {2}


async def test_a_round_that_fails_fails_for_all_who_share_it_and_for_nobody_else() -> None:
    work = Work()
    rounds: Rounds[int] = Rounds(LitestreamError)
    work.fails = True
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(rounds, work)) for _ in range(5)]
        await settle()
        work.gate.release()
        await settle()
        work.gate.release()
    assert [task.result() for task in tasks] == [None] * 5
    assert work.begun == 2
    work.fails = False
    work.gate.release()
    assert await rounds.next(work) == 3


async def test_who_gives_up_does_not_stop_the_others() -> None:
    work = Work()
    rounds: Rounds[int] = Rounds(LitestreamError)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(rounds.next(work))
        await settle()
        second = group.create_task(rounds.next(work))
        await settle()
        first.cancel()
        work.gate.release()
    assert second.result() == 2


async def outcome(rounds: Rounds[int], work: Work) -> int | None:
    try:
        return await rounds.next(work)
    except LitestreamError:
        return None
