"""Real processes of a scenario: logged to files, signalled by pid, never left behind.

Every child leads a process group of its own, so that what a child starts (litestream, an applier)
can be ended with it; and every child is ended by the kernel when this program dies
(`setpriv --pdeathsig`), so that not even `kill -9` of the scenario leaves servers running.

A child's group is remembered for as long as the lab lives: a killed server may leave children.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from chaos.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

STOP_GRACE_MS: Final = 5_000
"""How long a child may take to end cleanly before it is killed."""
LOG_TAIL_LINES: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to start: `log_path` takes both outputs, `environ` is added to this program's own."""

    name: str
    argv: tuple[str, ...]
    log_path: Path
    environ: Mapping[str, str] = field(default_factory=dict)


class Child:
    """One running process. Its pid is also the id of its process group."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process) -> None:
        self.command = command
        self._process = process

    @property
    def pid(self) -> int:
        """The process id, also after the end."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    @property
    def exit_status(self) -> int | None:
        """The exit status, minus the signal's number where one ended it; None while alive."""
        return self._process.returncode

    def log_tail(self) -> str:
        """The last lines of its log, for an error message."""
        text = self.command.log_path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-LOG_TAIL_LINES:])

    def check_alive(self) -> None:
        """Raise `ProcessError` with the end of its log where it has ended by itself."""
        if not self.alive:
            raise ProcessError(
                f"{self.command.name} ended with status {self.exit_status}; "
                f"its log {self.command.log_path} ends:\n{self.log_tail()}"
            )

    async def wait(self) -> int:
        """The exit status, once it has ended."""
        return await self._process.wait()

    async def stop(self, grace_ms: int = STOP_GRACE_MS) -> None:
        """Ask it to end (SIGTERM), kill it after `grace_ms`, and end what it left behind."""
        if self.alive:
            self._process.terminate()
            try:
                async with asyncio.timeout(grace_ms / 1000):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()
        self.kill_group()

    async def kill(self) -> None:
        """SIGKILL to this process alone: what it started lives on, as after a real crash."""
        if self.alive:
            self._process.kill()
            await self._process.wait()

    def kill_group(self) -> None:
        """SIGKILL to everything that it started and that is still there."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def pause(self) -> None:
        """SIGSTOP: alive, connected, and silent."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)


class Children:
    """All processes of one lab; leaving the context ends them, the newest first."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in reversed(self._children):
            if child.alive:
                child.resume()
            await child.stop()

    async def start(self, command: Command) -> Child:
        """Start `command`; `ProcessError` where there is no such program."""
        with command.log_path.open("ab") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *_dying_with_us(),
                    *command.argv,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **command.environ},
                    start_new_session=True,
                )
            except OSError as error:
                raise ProcessError(f"{command.name} could not be started: {error}") from error
        child = Child(command, process)
        self._children.append(child)
        return child


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a short command came to."""

    exit_status: int
    output: str
    errors: str


async def run(
    argv: tuple[str, ...],
    *,
    within_ms: int,
    given: str = "",
    environ: Mapping[str, str] | None = None,
) -> Finished:
    """Run a short command to its end, with `given` on its standard input."""
    process = await asyncio.create_subprocess_exec(
        *_dying_with_us(),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    )
    try:
        async with asyncio.timeout(within_ms / 1000):
            output, errors = await process.communicate(given.encode())
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise
    return Finished(
        exit_status=await process.wait(),
        output=output.decode(errors="replace"),
        errors=errors.decode(errors="replace"),
    )


def _dying_with_us() -> tuple[str, ...]:
    # setpriv replaces itself by the program, so the pid stays the one we know.
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "SIGKILL", "--") if setpriv else ()


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
