"""A real `cupsd` with one queue, whose printer is a hole: the peer of a print server."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.live.ipp_client import IppClient
from chaos.live.processes import Children, Command, free_port
from chaos.live.stock_client import require
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OWNER: Final = "lp"
QUEUE: Final = "/printers/held"
START_MS: Final = 15_000
FOLDERS: Final = ("etc", "spool/tmp", "cache", "state")
DAEMON: Final = """
Listen 127.0.0.1:{port}
MaxJobs {jobs_max}
PreserveJobHistory No
LogLevel error
Browsing No
WebInterface No
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
FILES: Final = """
ServerRoot {folder}/etc
RequestRoot {folder}/spool
TempDir {folder}/spool/tmp
CacheDir {folder}/cache
StateDir {folder}/state
AccessLog {folder}/access.log
ErrorLog {folder}/error.log
PageLog {folder}/page.log
FileDevice Yes
SyncOnClose Yes
"""
PRINTERS: Final = """
<DefaultPrinter held>
DeviceURI file:///dev/null
State Idle
Accepting Yes
Shared No
</DefaultPrinter>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cups:
    """A running one."""

    port: int

    def client(self) -> IppClient:
        """A client of its queue."""
        return IppClient(self.port, QUEUE)


@asynccontextmanager
async def cups(folder: Path, *, jobs_max: int = 0) -> AsyncIterator[Cups]:
    """A cupsd whose files are in `folder`; it keeps `jobs_max` jobs, 0: as many as come."""
    port = free_port()
    await asyncio.to_thread(_write_files, folder, port, jobs_max)
    program = shutil.which("cupsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    argv = (
        program or require("cupsd", "cups"),
        *("-f", "-c", str(folder / "etc" / "cupsd.conf")),
        *("-s", str(folder / "etc" / "cups-files.conf")),
    )
    async with Children() as children:
        child = await children.start(
            Command(name="cupsd", argv=argv, log_path=folder / "cupsd.log")
        )

        async def answers() -> bool:
            child.check_alive()
            return await listens(port)

        await until(answers, "cupsd", within_ms=START_MS)
        yield Cups(port=port)


def _write_files(folder: Path, port: int, jobs_max: int) -> None:
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    texts = {
        "cupsd.conf": DAEMON.format(port=port, jobs_max=jobs_max),
        "cups-files.conf": FILES.format(folder=folder),
        "printers.conf": PRINTERS,
    }
    for name, text in texts.items():
        (folder / "etc" / name).write_text(text)
    if os.geteuid() == 0:
        folder.chmod(0o755)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, OWNER, OWNER)


async def listens(port: int) -> bool:
    """Whether somebody listens on this port of the loopback."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
