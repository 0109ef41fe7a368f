from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replication.adapters import child_process
from replication.adapters.child_process import (
    ChildDiedError,
    ChildNotRunningError,
    ChildProcess,
    ChildSpec,
    ChildTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TALKER = str(Path(__file__).with_name("talker.py"))
TIMEOUT_MS = 10_000


def spec(*arguments: str, lock_path: Path | None = None) -> ChildSpec:
    return ChildSpec(
        name="talker", command=(sys.executable, TALKER, *arguments), lock_path=lock_path
    )


@asynccontextmanager
async def running(child: ChildProcess) -> AsyncIterator[ChildProcess]:
    task = asyncio.get_running_loop().create_task(child.run())
    try:
        yield child
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


async def gone(pid: int) -> None:
    """Return once the process has ended: a pidfd becomes readable then."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(TIMEOUT_MS / 1000):
            await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def test_a_request_is_answered() -> None:
    async with running(ChildProcess(spec())) as child:
        answer = await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
        assert answer["said"] == "hei"
        assert answer["pid"] == child.pid


async def test_many_requests_get_each_its_own_answer() -> None:
    async with running(ChildProcess(spec())) as child, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(child.request({"say": f"{n}"}, timeout_ms=TIMEOUT_MS))
            for n in range(100)
        ]
    assert [task.result()["said"] for task in tasks] == [f"{n}" for n in range(100)]


async def test_a_program_that_dies_is_started_again_and_its_request_fails_at_once() -> None:
    async with running(ChildProcess(spec())) as child:
        with pytest.raises(ChildDiedError):
            await child.request({"say": "die"}, timeout_ms=TIMEOUT_MS)
        assert (await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS))["said"] == "hei"
        assert child.restarts == 1


async def test_a_killed_program_is_started_again() -> None:
    async with running(ChildProcess(spec())) as child:
        first = await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
        child.kill()
        await gone(first["pid"])
        with contextlib.suppress(ChildDiedError):
            await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
        second = await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
        assert second["pid"] != first["pid"]


async def test_a_program_that_hangs_is_killed_and_the_next_request_works() -> None:
    async with running(ChildProcess(spec())) as child:
        pid = (await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS))["pid"]
        with pytest.raises(ChildTimeoutError):
            await child.request({"say": "hang"}, timeout_ms=100)
        await gone(pid)
        assert (await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS))["said"] == "hei"


async def test_a_program_that_talks_nonsense_is_killed() -> None:
    async with running(ChildProcess(spec())) as child:
        with pytest.raises(ChildDiedError):
            await child.request({"say": "nonsense"}, timeout_ms=TIMEOUT_MS)
        assert (await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS))["said"] == "hei"


async def test_a_caller_that_gives_up_does_not_disturb_the_next() -> None:
    async with running(ChildProcess(spec())) as child:
        await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
        task = asyncio.get_running_loop().create_task(
            child.request({"say": "first"}, timeout_ms=TIMEOUT_MS)
        )
        await asyncio.sleep(0)
        task.cancel()
        assert (await child.request({"say": "next"}, timeout_ms=TIMEOUT_MS))["said"] == "next"


async def test_without_the_program_a_request_fails_in_its_time() -> None:
    with pytest.raises(ChildNotRunningError):
        await ChildProcess(spec()).request({"say": "hei"}, timeout_ms=50)


async def test_stopping_ends_the_program_by_the_end_of_its_input() -> None:
    async with running(ChildProcess(spec())) as child:
        pid = (await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS))["pid"]
    assert not is_alive(pid)


async def test_its_standard_error_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, child_process.__name__)
    async with running(ChildProcess(spec())) as child:
        await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
    assert "talker: hello from the talker" in caplog.messages


async def test_a_second_one_does_not_start_while_the_first_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lock = tmp_path / "talker.lock"
    async with running(ChildProcess(spec(lock_path=lock))) as first:
        await first.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)
        async with running(ChildProcess(spec(lock_path=lock))) as second:
            with pytest.raises(ChildNotRunningError):
                await second.request({"say": "hei"}, timeout_ms=500)
    assert any("another one still runs" in message for message in caplog.messages)
    async with running(ChildProcess(spec(lock_path=lock))) as third:
        assert await third.request({"say": "hei"}, timeout_ms=TIMEOUT_MS)


async def test_a_program_that_is_missing_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    missing = ChildSpec(name="ghost", command=("/nowhere/ghost",))
    async with running(ChildProcess(missing)) as child:
        with pytest.raises(ChildNotRunningError):
            await child.request({"say": "hei"}, timeout_ms=500)
    assert any("cannot start /nowhere/ghost" in message for message in caplog.messages)


PARENT = """
import asyncio, sys
from replication.adapters.child_process import ChildProcess, ChildSpec
async def main():
    child = ChildProcess(ChildSpec(name="t", command=(sys.executable, *sys.argv[1:])))
    async with asyncio.TaskGroup() as group:
        group.create_task(child.run())
        print((await child.request({"say": "hei"}, timeout_ms=10000))["pid"], flush=True)
asyncio.run(main())
"""


async def test_a_program_dies_with_its_server_however_that_dies() -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, TALKER, "deaf"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    await parent.wait()
    await gone(pid)


async def test_a_program_that_ignores_everything_is_killed_when_its_server_stops() -> None:
    async with running(ChildProcess(replace(spec("deaf"), stop_ms=100))) as child:
        pid = (await child.request({"say": "hei"}, timeout_ms=TIMEOUT_MS))["pid"]
    assert not is_alive(pid)


def test_an_answer_is_one_line_of_json() -> None:
    done = subprocess.run(
        [sys.executable, TALKER],
        input='{"id": 1, "say": "hei"}\n',
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["said"] == "hei"
