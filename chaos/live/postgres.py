"""A real PostgreSQL on loopback: a cluster in a folder, one process, ended by its own control.

It refuses to run as root; then it runs as the user that its Debian package made. The folder must be
one that this user can reach: `postgres_folder` makes one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

DEBIAN_FOLDERS: Final = Path("/usr/lib/postgresql")
INSTALL: Final = "apt-get install -y --no-install-recommends postgresql-15"
OWNER: Final = "postgres"
COMMAND_S: Final = 60
SETTINGS: Final = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "ssl=off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A cluster. It listens on `port` while it runs."""

    programs: Path
    folder: Path
    port: int
    settings: Sequence[str] = field(default=SETTINGS)

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """How to connect; nobody is asked for a password unless `pg_hba.conf` says so."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        options = " ".join(f"-c {each}" for each in (*self.settings, f"port={self.port}"))
        log = f"{self.folder}.log"
        await self._control("-w", "-l", log, "-o", options, "start")

    async def stop(self, mode: str = "fast") -> None:
        """End it; `immediate` is how it ends in a crash."""
        if (self.folder / "postmaster.pid").exists():
            await self._control("-w", "-m", mode, "stop")

    def freeze(self) -> None:
        """Stop every process of it where it is: its ports stay open, and nobody answers there."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on as if nothing had been."""
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    async def sql(self, *statements: str, database: str = "postgres") -> str:
        """What the statements printed, each in a transaction of its own."""
        commands = [word for statement in statements for word in ("-c", statement)]
        quiet = ("-XqAt", "-v", "ON_ERROR_STOP=1")
        return await run(self.programs / "psql", *quiet, "-d", self.url(database), *commands)

    def _pids(self) -> list[int]:
        """The first process, which makes the others, and then these."""
        first = int((self.folder / "postmaster.pid").read_text("ascii").split()[0])
        return [first, *(pid for pid, parent in _parents() if parent == first)]

    async def _control(self, *arguments: str) -> None:
        await run(self.programs / "pg_ctl", "-D", str(self.folder), *arguments)


def programs() -> Path:
    """The folder of the newest programs. Errors: `ProcessError` with the command."""
    found = sorted(DEBIAN_FOLDERS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    program = found[-1] if found else shutil.which("initdb")
    if program is None:
        raise ProcessError(f"PostgreSQL is missing. As root, run: {INSTALL}")
    return Path(program).parent


@contextmanager
def postgres_folder() -> Iterator[Path]:
    """A new folder in which PostgreSQL's own user may write; it is removed again."""
    with tempfile.TemporaryDirectory(prefix="holdfast-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER)
        yield folder


@asynccontextmanager
async def postgres(
    folder: Path, settings: Sequence[str] = SETTINGS, found: Path | None = None
) -> AsyncIterator[Postgres]:
    """A new cluster in `folder`, running; of the programs that were `found`."""
    server = Postgres(
        programs=found or programs(),
        folder=folder / "data",
        port=_free_port(),
        settings=settings,
    )
    cluster = ("-D", str(server.folder), "-A", "trust", "-U", OWNER, "-E", "UTF8", "--no-sync")
    await run(server.programs / "initdb", *cluster, "--locale=C.UTF-8")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def run(program: Path, *arguments: str) -> str:
    """What the program printed; as PostgreSQL's own user where this one is root."""
    who = ("setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups", "--")
    how = who if os.geteuid() == 0 else ()
    with tempfile.TemporaryFile() as output:  # pg_ctl leaves it to the server, so no pipe would end
        process = await asyncio.create_subprocess_exec(
            *(*how, str(program), *arguments), stdout=output, stderr=output, cwd="/"
        )
        async with asyncio.timeout(COMMAND_S):
            await process.wait()
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise ProcessError(f"{program.name}: {said}")
    return said


def _parents() -> Iterator[tuple[int, int]]:
    """Every process of this machine with the one that made it."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It ended meanwhile.
            fields = stat.read_text("utf-8", errors="replace").rpartition(")")[2].split()
            yield int(stat.parent.name), int(fields[1])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
