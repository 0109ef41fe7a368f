"""What this site sees of a real printer: every answer, refusal and silence as a frozen value.

`PrinterPort` is the small protocol under `adapters/ipp_delivery.py`, which turns these observations
into the outcome of a job. Nothing here raises for what a printer or a network does.

The order that keeps promise 4 (no job twice, no outcome guessed): `create_job` gives the printer's
own number of the job, the caller writes it down durably, and only then `send_document` sends the
first byte. After a crash `find` asks the printer what became of that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from site_server.ipp.vocabulary import Status

if TYPE_CHECKING:
    from pathlib import Path

    from site_server.ipp.service_port import JobTicket


BUSY: Final = frozenset(
    {Status.BUSY, Status.SERVICE_UNAVAILABLE, Status.TEMPORARY_ERROR, Status.TOO_MANY_JOBS}
)


class Phase(StrEnum):
    """Where a job stands at the printer, as far as it can be told from here."""

    WAITS_FOR_DOCUMENT = "waits_for_document"
    PENDING = "pending"
    PROCESSING = "processing"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABORTED = "aborted"
    CANCELED = "canceled"
    FORGOTTEN = "forgotten"
    """The printer answers and knows no such job, or another one under this number."""
    UNREACHABLE = "unreachable"

    @property
    def is_final(self) -> bool:
        """True if asking again will not change the answer."""
        return self in {Phase.COMPLETED, Phase.ABORTED, Phase.CANCELED, Phase.FORGOTTEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a printer is told about a job. `marker` is a short text that names the job for good."""

    job_name: str
    user_name: str
    ticket: JobTicket
    marker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A document on its way to a printer."""

    path: Path
    format: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterReport:
    """A printer that answers. `offers` holds the values of each `xxx-supported` of its ticket."""

    is_accepting: bool
    state_reasons: tuple[str, ...]
    formats: tuple[str, ...]
    can_create_job: bool
    offers: frozenset[tuple[str, str | int]]
    copies_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The printer made a job, or took its document."""

    printer_job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The printer said no and nothing was printed. `status` None: not even in IPP."""

    detail: str
    status: int | None = None

    @property
    def is_busy(self) -> bool:
        """True if the same may work in a moment."""
        return self.status in BUSY


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No answer. `is_untouched`: surely no byte reached the printer."""

    detail: str
    is_untouched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A job at the printer. `impressions_completed` None: the printer does not tell."""

    phase: Phase
    reasons: tuple[str, ...] = ()
    impressions_completed: int | None = None
    has_started: bool = False
    detail: str = ""


class PrinterPort(Protocol):
    """One try each; who waits and asks again is the caller's affair."""

    async def report(self, printer_uri: str) -> PrinterReport | Refused | Silence:
        """What the printer can do and whether it takes jobs."""
        ...

    async def create_job(
        self, printer_uri: str, sheet: Sheet, report: PrinterReport
    ) -> Opened | Refused | Silence:
        """Make a job without a document. Only what `report` offers of the ticket is asked for."""
        ...

    async def send_document(
        self, printer_uri: str, printer_job_id: int, sheet: Sheet, parcel: Parcel
    ) -> Opened | Refused | Silence:
        """Send the one document of a job."""
        ...

    async def print_job(
        self, printer_uri: str, sheet: Sheet, report: PrinterReport, parcel: Parcel
    ) -> Opened | Refused | Silence:
        """Job and document at once, for printers without Create-Job: the number comes too late."""
        ...

    async def find(self, printer_uri: str, printer_job_id: int, marker: str = "") -> Sighting:
        """Where the job stands. With a `marker`, a job that does not carry it is another one."""
        ...

    async def unfinished(self, printer_uri: str, marker: str) -> tuple[int, ...]:
        """The numbers of the jobs that carry `marker` and are not over; none without an answer."""
        ...

    async def cancel(
        self, printer_uri: str, printer_job_id: int, user_name: str
    ) -> Opened | Refused | Silence:
        """End the job."""
        ...
