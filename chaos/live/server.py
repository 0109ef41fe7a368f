"""One server of ours as a real process: started from a config file, ready when it says so.

A server begins on ports that the system chooses and keeps them over every restart, because the WANs
and clients of the scenario point at them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ProcessError
from chaos.live.processes import Child, Children, Command, run
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READY_TIMEOUT_MS: Final = 30_000
COMMAND_TIMEOUT_MS: Final = 60_000
PROC: Final = Path("/proc")

Ports = dict[str, int]


class Server:
    """`python -m MODULE run --config FILE`. `config` makes the file's text, given the ports."""

    def __init__(
        self,
        children: Children,
        module: str,
        folder: Path,
        config: Callable[[Path, Mapping[str, int]], str],
    ) -> None:
        self._children = children
        self._module = module
        self._config = config
        self._child: Child | None = None
        self.folder = folder
        self.data_folder = folder / "data"
        self.config_path = folder / "config.toml"
        self.ports: Ports = {}
        self.environ: Mapping[str, str] = {}
        """Added to that of every process of this server."""

    @property
    def child(self) -> Child:
        """The running process, or the last one that ran."""
        if self._child is None:
            raise ProcessError(f"{self.folder.name} was never started.")
        return self._child

    async def command(self, *arguments: str, given: str = "") -> str:
        """What a short command of this server's program prints; `ProcessError` where it fails."""
        argv = (sys.executable, "-m", self._module, *arguments)
        try:
            finished = await run(
                argv, within_ms=COMMAND_TIMEOUT_MS, given=given, environ=self.environ
            )
        except TimeoutError as error:
            raise ProcessError(f"{self._module} {arguments[0]} did not come to an end.") from error
        if finished.exit_status:
            raise ProcessError(
                f"{self._module} {arguments[0]} for {self.folder.name} ended with status "
                f"{finished.exit_status}:\n{finished.output}{finished.errors}"
            )
        return finished.output

    async def start(self) -> None:
        """Start the process and wait until it listens."""
        ports_path = self.data_folder / "ports.json"
        ports_path.unlink(missing_ok=True)  # a killed server leaves the old one behind
        self.config_path.write_text(self._config(self.data_folder, self.ports), encoding="utf-8")
        self._child = await self._children.start(
            Command(
                name=self.folder.name,
                argv=(sys.executable, "-m", self._module, "run", "--config", str(self.config_path)),
                log_path=self.folder / "server.log",
                environ=self.environ,
            )
        )
        self.ports = await until(
            lambda: self._read_ports(ports_path),
            f"{self.folder.name} to listen",
            within_ms=READY_TIMEOUT_MS,
            every_ms=20,
        )

    async def stop(self) -> None:
        """End it cleanly."""
        await self.child.stop()

    async def crash(self) -> None:
        """SIGKILL to the server and to everything that it started, as when the machine dies."""
        await self.child.kill()
        self.child.kill_group()

    async def kill(self) -> None:
        """SIGKILL to the server alone; what it started is orphaned."""
        await self.child.kill()

    def part(self, word: str) -> int | None:
        """The pid of a process that this server started and whose command line has `word`."""
        for pid, parent, argv in _processes():
            if parent == self.child.pid and word in argv:
                return pid
        return None

    async def _read_ports(self, path: Path) -> Ports | None:
        self.child.check_alive()
        return _ports_in(path)


def _ports_in(path: Path) -> Ports | None:
    if not path.exists():
        return None
    return {str(name): int(port) for name, port in json.loads(path.read_text()).items()}


def _processes() -> list[tuple[int, int, str]]:
    """(pid, parent's pid, command line) of every process of this machine."""
    found = []
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text(errors="replace")
            argv = (folder / "cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
        found.append((int(folder.name), int(stat.rpartition(")")[2].split()[1]), argv))
    return found
