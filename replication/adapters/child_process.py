"""A program that this server keeps running, and talks to in JSON lines.

Theory of operation
-------------------
`run()` starts the program, waits until it ends, waits a little longer each time, and starts it
again, until it is cancelled; bootstrap owns it in its TaskGroup. A request is one JSON line on the
program's standard input and one on its output, matched by a number. A program that is late with an
answer is a broken program: it is killed and started again, so one hanging document or disk never
blocks the next request. Programs therefore keep nothing in memory that they cannot lose.

The program is started through `tether.py`: it dies with this server, however this server dies, and
never runs twice.

Standard error is logged line by line, as the program's own words.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

RESTART_MS_FIRST: Final = 100
RESTART_MS_MAX: Final = 30_000
STEADY_MS: Final = 10_000
"""A program that ran this long, or answered once, is healthy: its next restart is quick again."""
STOP_MS: Final = 5_000
"""For each step of stopping: end of input, then TERM, then KILL."""
LINE_BYTES_MAX: Final = 1024 * 1024
WAITING_MAX: Final = 1_000
"""Requests under way; more are refused at once."""
DRAIN_MS: Final = 1_000
"""For what a program that ended has still in its pipes."""

_TETHER: Final = str(Path(__file__).with_name("tether.py"))


class ChildNotRunningError(ReplicationError):
    """A supervised program is not running; it is started again by itself. Try again shortly."""


class ChildDiedError(ChildNotRunningError):
    """A supervised program ended before it answered; it is started again by itself. Try again."""


class ChildTimeoutError(ChildNotRunningError):
    """A supervised program did not answer in time: it was killed, and starts again. Try again."""


class ChildBusyError(ReplicationError):
    """Too many requests wait for a supervised program. Try again shortly."""


def as_it_is(line: str) -> tuple[int, str]:
    """Level and text to log for a line of standard error: a warning, word for word."""
    return logging.WARNING, line


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run and how."""

    name: str
    """How the log calls it."""
    command: tuple[str, ...]
    lock_path: Path | None = None
    """Held while the program runs, so that a second one cannot start."""
    talks: bool = True
    """It answers JSON lines and ends when its input does. Otherwise its input is empty."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when this server dies."""
    environ: Mapping[str, str] | None = None
    stop_ms: int = STOP_MS
    log_line: Callable[[str], tuple[int, str] | None] = as_it_is
    """Turns a line of standard error into level and text; None keeps it out of the log."""


class ChildProcess:
    """Keeps the program of `spec` running while `run()` runs."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._running = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._answered = False

    @property
    def pid(self) -> int | None:
        """The program's process id while it runs."""
        return None if self._process is None else self._process.pid

    async def wait_running(self) -> None:
        """Return once the program runs."""
        await self._running.wait()

    async def run(self) -> NoReturn:
        """Keep the program running until cancelled, then stop it."""
        loop = asyncio.get_running_loop()
        delay_ms = RESTART_MS_FIRST
        while True:
            started_s = loop.time()
            status = await self._run_once()
            if self._answered or (loop.time() - started_s) * 1000 >= STEADY_MS:
                delay_ms = RESTART_MS_FIRST
            log.warning(
                "%s ended with status %s; starting it again in %d ms",
                self.spec.name,
                status,
                delay_ms,
            )
            await asyncio.sleep(delay_ms / 1000)
            delay_ms = min(2 * delay_ms, RESTART_MS_MAX)
            self.restarts += 1

    async def request(self, body: Mapping[str, Any], *, timeout_ms: int) -> dict[str, Any]:
        """The program's answer to `body`.

        Errors: `ChildNotRunningError` (and its kinds, which say what happened), `ChildBusyError`.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise ChildBusyError
        asked: asyncio.subprocess.Process | None = None
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                await self._running.wait()
                asked = self._process
                return await self._ask(asked, body)
        except TimeoutError as error:
            if asked is None:
                raise ChildNotRunningError(f"{self.spec.name} is not running.") from error
            log.warning("%s did not answer in %d ms: killed", self.spec.name, timeout_ms)
            self._kill(asked)
            raise ChildTimeoutError(
                f"{self.spec.name} did not answer within {timeout_ms} ms."
            ) from error

    def kill(self) -> None:
        """End the program at once, as a crash would; `run` starts it again."""
        if self._process is not None:
            self._kill(self._process)

    def restart(self) -> None:
        """Ask the program to end in its own way; `run` starts it again."""
        if self._process is not None:
            _send_signal(self._process, signal.SIGTERM)

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        _send_signal(process, signal.SIGKILL)
        if process is self._process:
            # Nobody must ask a program that is as good as dead.
            self._process = None
            self._running.clear()

    async def _ask(
        self, process: asyncio.subprocess.Process | None, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        if process is None or process.stdin is None:
            raise ChildNotRunningError(f"{self.spec.name} does not talk.")
        self._number += 1
        number = self._number
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            process.stdin.write(json.dumps({**body, "id": number}).encode() + b"\n")
            await process.stdin.drain()
            result: dict[str, Any] = await answer
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChildDiedError(f"{self.spec.name} ended before it was asked.") from error
        finally:
            self._waiting.pop(number, None)
        return result

    async def _run_once(self) -> int:
        process = await asyncio.create_subprocess_exec(
            *_tethered(self.spec),
            stdin=asyncio.subprocess.PIPE if self.spec.talks else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if self.spec.talks else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
            env=self.spec.environ,
        )
        self._process = process
        self._answered = False
        self._running.set()
        try:
            async with asyncio.TaskGroup() as group:
                readers = [group.create_task(self._log_errors(process))]
                if self.spec.talks:
                    readers.append(group.create_task(self._read_answers(process)))
                status = await process.wait()
                await asyncio.wait(readers, timeout=DRAIN_MS / 1000)
                for reader in readers:
                    reader.cancel()
        finally:
            self._forget()
            await _stop(process, self.spec.stop_ms)
        return status

    def _forget(self) -> None:
        self._process = None
        self._running.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ChildDiedError(f"{self.spec.name} ended before it answered."))

    async def _log_errors(self, process: asyncio.subprocess.Process) -> None:
        while (line := await _line(process.stderr)) is not None:
            said = self.spec.log_line(line.decode(errors="replace").rstrip())
            if said is not None:
                log.log(said[0], "%s: %s", self.spec.name, said[1])

    async def _read_answers(self, process: asyncio.subprocess.Process) -> None:
        while (line := await _line(process.stdout)) is not None:
            try:
                answer = json.loads(line)
                waiting = self._waiting.get(answer["id"])
            except (ValueError, KeyError, TypeError):
                log.exception("%s answered what is not an answer: killed", self.spec.name)
                self._kill(process)
                return
            self._answered = True
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)


def _tethered(spec: ChildSpec) -> tuple[str, ...]:
    lock = "-" if spec.lock_path is None else str(spec.lock_path)
    how = (str(os.getpid()), str(int(spec.orphan_signal)), lock)
    return (sys.executable, "-I", "-S", _TETHER, *how, *spec.command)


async def _line(stream: asyncio.StreamReader | None) -> bytes | None:
    """The next line; None at the end. A line beyond the limit comes as an empty one."""
    if stream is None:
        return None
    try:
        return await stream.readline() or None
    except ValueError:
        return b"\n"


async def _stop(process: asyncio.subprocess.Process, stop_ms: int) -> None:
    """End of input, then TERM, then KILL, each with its time."""
    if process.stdin is not None:
        process.stdin.close()
        if await _ended(process, stop_ms):
            return
    for number in (signal.SIGTERM, signal.SIGKILL):
        _send_signal(process, number)
        if await _ended(process, stop_ms):
            return
    log.error("process %d cannot be ended", process.pid)


async def _ended(process: asyncio.subprocess.Process, stop_ms: int) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(stop_ms / 1000):
            await process.wait()
    return process.returncode is not None


def _send_signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)
