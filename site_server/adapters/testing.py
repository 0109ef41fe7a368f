"""A printer that does what a test tells it: the double of `ipp.delivery_port.PrinterPort`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from site_server.ipp.delivery_port import (
    Opened,
    Parcel,
    Phase,
    PrinterReport,
    Refused,
    Sheet,
    Sighting,
    Silence,
)
from site_server.ipp.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

REPORT: Final = PrinterReport(
    is_accepting=True,
    state_reasons=("none",),
    formats=("application/pdf",),
    can_create_job=True,
    offers=frozenset(),
    copies_max=99,
)
BUSY: Final = Refused(detail="printing another job", status=Status.BUSY)
OFF: Final = Silence(detail="no connection", is_untouched=True)
CUT: Final = Silence(detail="the connection broke", is_untouched=False)
DONE: Final = Sighting(phase=Phase.COMPLETED)
NUMBER: Final = 7
MADE: Final = Opened(printer_job_id=NUMBER)

_Line = TypeVar("_Line")


@dataclass(slots=True)
class ScriptedPrinter:
    """Answers each question with the next line of its script; the last line repeats.

    `heard` holds what was asked with all arguments, in order: a test sees what came before what.
    """

    reports: Sequence[PrinterReport | Refused | Silence] = (REPORT,)
    creations: Sequence[Opened | Refused | Silence] = (MADE,)
    arrivals: Sequence[Opened | Refused | Silence] = (MADE,)
    sightings: Sequence[Sighting] = (DONE,)
    cancellations: Sequence[Opened | Refused | Silence] = (MADE,)
    leftovers: Sequence[tuple[int, ...]] = ((),)
    heard: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)

    @property
    def questions(self) -> list[str]:
        """What was asked, without the arguments."""
        return [question for question, _ in self.heard]

    async def report(self, printer_uri: str) -> PrinterReport | Refused | Silence:
        """The next of `reports`."""
        return self._next(self.reports, "report", printer_uri)

    async def create_job(
        self, printer_uri: str, sheet: Sheet, report: PrinterReport
    ) -> Opened | Refused | Silence:
        """The next of `creations`."""
        return self._next(self.creations, "create", printer_uri, sheet, report)

    async def send_document(
        self, printer_uri: str, printer_job_id: int, sheet: Sheet, parcel: Parcel
    ) -> Opened | Refused | Silence:
        """The next of `arrivals`."""
        return self._next(self.arrivals, "send", printer_uri, printer_job_id, sheet, parcel)

    async def print_job(
        self, printer_uri: str, sheet: Sheet, report: PrinterReport, parcel: Parcel
    ) -> Opened | Refused | Silence:
        """The next of `arrivals`."""
        return self._next(self.arrivals, "print", printer_uri, sheet, report, parcel)

    async def find(self, printer_uri: str, printer_job_id: int, marker: str = "") -> Sighting:
        """The next of `sightings`."""
        return self._next(self.sightings, "find", printer_uri, printer_job_id, marker)

    async def unfinished(self, printer_uri: str, marker: str) -> tuple[int, ...]:
        """The next of `leftovers`."""
        return self._next(self.leftovers, "unfinished", printer_uri, marker)

    async def cancel(
        self, printer_uri: str, printer_job_id: int, user_name: str
    ) -> Opened | Refused | Silence:
        """The next of `cancellations`."""
        return self._next(self.cancellations, "cancel", printer_uri, printer_job_id, user_name)

    def _next(self, script: Sequence[_Line], question: str, *arguments: object) -> _Line:
        turn = self.questions.count(question)
        self.heard.append((question, arguments))
        return script[min(turn, len(script) - 1)]
