"""Processes of a lab: ended with it, whatever happens."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from chaos.errors import NotReadyError, ProcessError
from chaos.live.processes import Child, Children, Command, run
from chaos.live.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

SLEEPER = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
    "print('child', child.pid, flush=True); child.wait()"
)


def python(folder: Path, *argv: str, **environ: str) -> Command:
    return Command(
        name="sleeper",
        argv=(sys.executable, "-c", *argv),
        log_path=folder / "sleeper.log",
        environ=environ,
    )


async def said(child: Child, word: str) -> str:
    async def look() -> str | None:
        text = child.command.log_path.read_text()
        return text if word in text else None

    return await until(look, f"{word!r} in the log", within_ms=10_000)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_leaving_the_lab_ends_every_child(tmp_path: Path) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, SLEEPER))
        await said(child, "ready")
        assert child.alive
    assert child.exit_status == -signal.SIGTERM


async def test_an_exception_in_the_scenario_ends_every_child(tmp_path: Path) -> None:
    started: list[Child] = []

    async def failing_scenario() -> None:
        async with Children() as children:
            started.append(await children.start(python(tmp_path, SLEEPER)))
            raise RuntimeError("the scenario failed")

    with pytest.raises(RuntimeError, match="the scenario failed"):
        await failing_scenario()
    assert not started[0].alive


async def test_ctrl_c_cancels_the_scenario_and_ends_every_child(tmp_path: Path) -> None:
    running: asyncio.Future[Child] = asyncio.get_running_loop().create_future()

    async def waiting_scenario() -> None:
        async with Children() as children:
            child = await children.start(python(tmp_path, SLEEPER))
            running.set_result(child)
            await child.wait()

    async with asyncio.TaskGroup() as group:
        scenario = group.create_task(waiting_scenario())
        child = await running
        scenario.cancel()
    assert not child.alive


async def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, STUBBORN))
        await said(child, "ready")
        await child.stop(grace_ms=100)
        assert child.exit_status == -signal.SIGKILL


async def test_a_stopped_child_ends_with_the_lab_too(tmp_path: Path) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, SLEEPER))
        await said(child, "ready")
        child.pause()
    assert child.exit_status == -signal.SIGTERM


async def test_a_crash_leaves_grandchildren_and_the_lab_ends_them(tmp_path: Path) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, PARENT, SLEEPER))
        grandchild = int((await said(child, "ready")).split("child ")[1].split()[0])
        await child.kill()
        assert is_running(grandchild)

    async def gone() -> bool:
        return not is_running(grandchild)

    assert await until(gone, "the end of the grandchild", within_ms=5_000)


async def test_when_the_scenario_itself_is_killed_its_children_die(tmp_path: Path) -> None:
    scenario = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from chaos.live.processes import Children, Command\n"
        "async def main():\n"
        "    async with Children() as children:\n"
        f"        command = Command(name='inner', argv=(sys.executable, '-c', {SLEEPER!r}),\n"
        "                          log_path=Path(sys.argv[1]))\n"
        "        child = await children.start(command)\n"
        "        print('inner', child.pid, flush=True)\n"
        "        await child.wait()\n"
        "asyncio.run(main())\n"
    )
    async with Children() as children:
        outer = await children.start(python(tmp_path, scenario, str(tmp_path / "inner.log")))
        inner = int((await said(outer, "inner")).split()[1])
        assert is_running(inner)
        await outer.kill()

        async def gone() -> bool:
            return not is_running(inner)

        assert await until(gone, "the end of the inner child", within_ms=5_000)


async def test_a_child_that_ended_by_itself_is_reported_with_its_last_words(
    tmp_path: Path,
) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, "raise SystemExit('port is taken')"))
        await child.wait()
        with pytest.raises(ProcessError, match="port is taken"):
            child.check_alive()


async def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    command = Command(name="ghost", argv=("/no/such/program",), log_path=tmp_path / "ghost.log")
    async with Children() as children:
        child = await children.start(command)
        await child.wait()
        with pytest.raises(ProcessError, match="ghost ended with status"):
            child.check_alive()


async def test_the_environment_is_added_to_ours(tmp_path: Path) -> None:
    script = "import os; print(os.environ['COLOUR'], 'PATH' in os.environ)"
    async with Children() as children:
        child = await children.start(python(tmp_path, script, COLOUR="red"))
        await child.wait()
        assert child.log_tail() == "red True"


async def test_a_short_command_returns_what_it_said() -> None:
    shout = "import sys; print(sys.stdin.read().upper()); sys.exit(3)"
    finished = await run((sys.executable, "-c", shout), within_ms=10_000, given="hello")
    assert (finished.exit_status, finished.output) == (3, "HELLO\n")


async def test_a_short_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError):
        await run((sys.executable, "-c", SLEEPER), within_ms=300)


async def test_waiting_in_vain_names_what_was_waited_for() -> None:
    async def never() -> None:
        return None

    with pytest.raises(NotReadyError, match="snow in July"):
        await until(never, "snow in July", within_ms=50, every_ms=10)
