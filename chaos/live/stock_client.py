"""Printing as everybody prints: with Debian's own clients, `ipptool` and `lp`."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import MissingToolError
from chaos.history import Event, Operation, Outcome
from chaos.live.place import HERE
from chaos.live.processes import Finished, run
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from chaos.live.place import Place
    from chaos.live.witness import Witness
    from chaos.pdf_writer import Document

PRINT_JOB_TEST: Final = Path(__file__).with_name("print_job.test")
PRINT_TIMEOUT_MS: Final = 20_000
REFUSALS: Final = ("client-error-", "server-error-")
_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A queue of a site's IPP port, and whose job it is to be."""

    port: int
    queue_name: str
    user_name: str

    @property
    def uri(self) -> str:
        """The queue's address."""
        return f"ipp://localhost:{self.port}/printers/{self.queue_name}"


class StockClient:
    """Prints documents, and writes down whether the site took them."""

    def __init__(self, folder: Path, witness: Witness, place: Place = HERE) -> None:
        self._folder = folder
        self._place = place
        self._witness = witness

    async def print_with_ipptool(self, document: Document, to: Destination) -> Event:
        """Send the document with one Print-Job operation."""
        argv = (
            require("ipptool", "cups-ipp-utils"),
            *("-t", "-d", f"owner={to.user_name}", "-d", f"job_name={document.name}"),
            *("-f", str(self._file(document)), to.uri, str(PRINT_JOB_TEST)),
        )
        return await self._send(argv, document, to)

    async def print_with_lp(self, document: Document, to: Destination) -> Event:
        """Send the document with `lp`, which asks the queue what it can do and then prints."""
        argv = (
            require("lp", "cups-client"),
            *("-h", f"localhost:{to.port}", "-U", to.user_name, "-d", to.queue_name),
            *("-t", document.name, str(self._file(document))),
        )
        return await self._send(argv, document, to)

    def _file(self, document: Document) -> Path:
        path = self._folder / f"{document.name}.pdf"
        path.write_bytes(document.content)
        return path

    async def _send(self, argv: tuple[str, ...], document: Document, to: Destination) -> Event:
        wall_ms, monotonic_ms = _CLOCK.wall_ms(), _CLOCK.monotonic_ms()
        began_ns = time.perf_counter_ns()
        try:
            finished = await run((*self._place.prefix, *argv), within_ms=PRINT_TIMEOUT_MS)
        except TimeoutError:
            finished = Finished(exit_status=1, output="", errors="no answer in time")
        return self._witness.wrote(
            Event(
                operation=Operation.PRINT,
                node=self._witness.node,
                wall_ms=wall_ms,
                monotonic_ms=monotonic_ms,
                latency_us=(time.perf_counter_ns() - began_ns) // 1000,
                outcome=_outcome(finished),
                reason="" if finished.exit_status == 0 else _last_words(finished),
                facts={
                    "job_name": document.name,
                    "sha256": document.sha256,
                    "user_name": to.user_name,
                    "queue_name": to.queue_name,
                },
            )
        )


def require(program: str, package: str) -> str:
    """Where the program is; `MissingToolError` names the Debian package that brings it."""
    found = shutil.which(program)
    if found is None:
        raise MissingToolError(f"{program} is missing. Install it: apt-get install {package}")
    return found


def _outcome(finished: Finished) -> Outcome:
    if finished.exit_status == 0:
        return Outcome.OK
    said = finished.output + finished.errors
    return Outcome.REFUSED if any(word in said for word in REFUSALS) else Outcome.UNKNOWN


def _last_words(finished: Finished) -> str:
    lines = (finished.output + "\n" + finished.errors).split("\n")
    return " | ".join(line.strip() for line in lines if line.strip())[-500:]
