"""A real virtual printer: Debian's `ippeveprinter`, which speaks IPP Everywhere and keeps its jobs.

For each document the printer runs a small script, the press, which takes `printing_ms` and then
lays a copy of the document on the `paper` folder, under a name of its own. So paper is what was
really printed, each time it was printed; the printer itself reuses its job numbers and file names
when it is switched on again, and forgets a job after a minute.

While it prints it answers `server-error-busy` to everybody else. Without the press it would sleep
for 5 to 15 seconds for each job.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.errors import MissingToolError
from chaos.final_state import DocumentFound
from chaos.live.discovery import start_discovery
from chaos.live.place import HERE, Place
from chaos.live.processes import Child, Children, Command, free_port
from chaos.live.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES: Final = {
    "ippeveprinter": "cups-ipp-utils",
    "dbus-daemon": "dbus",
    "avahi-daemon": "avahi-daemon",
}
FORMATS: Final = ("application/pdf", "application/postscript", "image/jpeg", "image/pwg-raster")
START_TIMEOUT_MS: Final = 15_000
CONNECT_TIMEOUT_MS: Final = 2_000
PRESS: Final = """#!/bin/sh
# What the printer runs for each document: the paper comes out at the end.
set -e
sleep {seconds}
sheet="{paper}/$(date +%s%N)-$IPP_JOB_ID"
printf '%s' "$IPP_JOB_NAME" > "$sheet.name"
cp "$1" "$sheet.part"
mv "$sheet.part" "$sheet.document"
"""
_IN_TRAY: Final = re.compile(r"(\d+)-.*\.(?!prn$)[^.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPlan:
    """What printer to start, in a folder of its own; `printing_ms` is what one document takes."""

    name: str
    folder: Path
    printing_ms: int = 0
    formats: tuple[str, ...] = FORMATS
    has_colour: bool = True
    has_duplex: bool = True
    place: Place = HERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One document as the printer got it or printed it."""

    printer_job_id: int
    job_name: str
    path: Path
    sha256: str


class VirtualPrinter:
    """One `ippeveprinter` on a loopback port; after `stop`, `start` keeps port and folders."""

    def __init__(self, plan: PrinterPlan, children: Children) -> None:
        self.plan = plan
        self.port = free_port()
        self._children = children
        self._child: Child | None = None

    @property
    def uri(self) -> str:
        """The printer-uri."""
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    async def start(self) -> None:
        """Switch the printer on and wait until it answers."""
        require_programs()
        await start_discovery()
        await asyncio.to_thread(self._make_folders)
        self._child = await self._children.start(
            Command(
                name=f"printer {self.plan.name}",
                argv=self._argv(),
                log_path=self.plan.folder / "printer.log",
            )
        )
        await until(self._answers, f"printer {self.plan.name}", within_ms=START_TIMEOUT_MS)

    async def stop(self) -> None:
        """Switch the printer off: it forgets its jobs, the paper stays."""
        if self._child is not None:
            await self._child.stop()

    def pause(self) -> None:
        """Stay connected and be silent from now on."""
        if self._child is not None:
            self._child.pause()

    def resume(self) -> None:
        """Answer again."""
        if self._child is not None:
            self._child.resume()

    def received(self) -> tuple[Sheet, ...]:
        """What lies in the spool of the printer, printed or not, by job number."""
        files = [path for path in self._tray.iterdir() if _IN_TRAY.fullmatch(path.name)]
        sheets = [_sheet(path, path.name.partition("-")[0], path.stem) for path in files]
        return tuple(sorted(sheets, key=lambda sheet: sheet.printer_job_id))

    def printed(self) -> tuple[Sheet, ...]:
        """What came out on paper, in order; the same document twice if it was printed twice."""
        return tuple(
            _sheet(path, path.stem.partition("-")[2], path.with_suffix(".name").read_text())
            for path in sorted(self._paper.glob("*.document"))
        )

    def documents(self) -> tuple[DocumentFound, ...]:
        """What came out on paper, then what the printer got and has not printed (yet)."""
        printed = self.printed()
        known = {(sheet.printer_job_id, sheet.sha256) for sheet in printed}
        waiting = [
            sheet for sheet in self.received() if (sheet.printer_job_id, sheet.sha256) not in known
        ]
        return (
            *(self._found(sheet, completed=True) for sheet in printed),
            *(self._found(sheet, completed=False) for sheet in waiting),
        )

    @property
    def _tray(self) -> Path:
        return self.plan.folder / "tray"

    @property
    def _paper(self) -> Path:
        return self.plan.folder / "paper"

    @property
    def _press(self) -> Path:
        return self.plan.folder / "press.sh"

    def _make_folders(self) -> None:
        self._tray.mkdir(parents=True, exist_ok=True)
        self._paper.mkdir(exist_ok=True)
        seconds = self.plan.printing_ms / 1000
        self._press.write_text(PRESS.format(seconds=seconds, paper=self._paper))
        self._press.chmod(0o755)

    def _found(self, sheet: Sheet, *, completed: bool) -> DocumentFound:
        return DocumentFound(
            printer_name=self.plan.name,
            printer_job_id=sheet.printer_job_id,
            file_name=sheet.path.name,
            sha256=sheet.sha256,
            completed=completed,
        )

    def _argv(self) -> tuple[str, ...]:
        plan = self.plan
        return (
            *(*plan.place.prefix, "ippeveprinter"),
            *("-p", str(self.port), "-n", "localhost", "-r", "off", "-v"),
            *("-d", str(self._tray), "-k", "-c", str(self._press)),
            *("-s", "60,60" if plan.has_colour else "60,0"),
            *("-f", ",".join(plan.formats)),
            *(("-2",) if plan.has_duplex else ()),
            plan.name,
        )

    async def _answers(self) -> bool:
        if self._child is not None:
            self._child.check_alive()
        address = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ())
        with self.plan.place.make_socket(address) as probe:
            probe.settimeout(0)
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_MS / 1000):
                    await asyncio.get_running_loop().sock_connect(probe, ("127.0.0.1", self.port))
            except OSError:  # TimeoutError is one of them
                return False
        return True


def require_programs() -> None:
    """Raise `MissingToolError` with the command that installs what is missing."""
    missing = [package for name, package in PACKAGES.items() if shutil.which(name) is None]
    if missing:
        packages = " ".join(sorted(missing))
        raise MissingToolError(f"A virtual printer needs: apt-get install {packages}")


def _sheet(path: Path, number: str, job_name: str) -> Sheet:
    return Sheet(
        printer_job_id=int(number),
        job_name=job_name,
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
