"""A real printer as `PrinterPort`: questions and answers in IPP (RFC 8011, PWG 5100.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from site_server.adapters.ipp_client import STALL_MS, PrinterClient, Question
from site_server.ipp.attributes import (
    boolean,
    clip,
    enum,
    integer,
    keyword,
    mime_type,
    name_,
)
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
from site_server.ipp.values import IntRange, Message
from site_server.ipp.vocabulary import GroupTag, JobState, Operation, Status

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from aiohttp import ClientSession

    from site_server.ipp.service_port import JobTicket
    from site_server.ipp.values import Attribute, Group

JOB_NAME_BYTES_MAX: Final = 200
"""Below the 255 bytes of a name, so that the marker behind it is never cut off."""
_WHO: Final = "holdfast"
_TICKET_ATTRIBUTES: Final = (
    "media",
    "orientation-requested",
    "print-color-mode",
    "print-quality",
    "sides",
)
_REPORTED: Final = (
    "copies-supported",
    "document-format-supported",
    "operations-supported",
    "printer-is-accepting-jobs",
    "printer-state-reasons",
    *(f"{name}-supported" for name in _TICKET_ATTRIBUTES),
)
_SIGHTED: Final = (
    "job-id",
    "job-impressions-completed",
    "job-name",
    "job-state",
    "job-state-message",
    "job-state-reasons",
    "time-at-processing",
)
_PHASES: Final[Mapping[int, Phase]] = {
    JobState.PENDING: Phase.PENDING,
    JobState.PENDING_HELD: Phase.PENDING,
    JobState.PROCESSING: Phase.PROCESSING,
    JobState.PROCESSING_STOPPED: Phase.STOPPED,
    JobState.CANCELED: Phase.CANCELED,
    JobState.ABORTED: Phase.ABORTED,
    JobState.COMPLETED: Phase.COMPLETED,
}
_INCOMPLETE: Final = frozenset({"job-incoming", "job-data-insufficient"})


class IppPrinter:
    """Printers at their addresses.

    `stall_ms` is how long a printer may stay silent within one request; `tls` is how to trust
    `ipps` printers, None means the system's authorities.
    """

    def __init__(
        self,
        session: ClientSession,
        *,
        stall_ms: int = STALL_MS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._client = PrinterClient(session, stall_ms=stall_ms, tls=tls)

    async def report(self, printer_uri: str) -> PrinterReport | Refused | Silence:
        """What the printer can do and whether it takes jobs."""
        answer = await self._client.ask(
            Question(
                printer_uri=printer_uri,
                operation=Operation.GET_PRINTER_ATTRIBUTES,
                user_name=_WHO,
                attributes=(keyword("requested-attributes", *_REPORTED),),
            )
        )
        return _report(answer.group(GroupTag.PRINTER)) if isinstance(answer, Message) else answer

    async def create_job(
        self, printer_uri: str, sheet: Sheet, report: PrinterReport
    ) -> Opened | Refused | Silence:
        """Make a job without a document."""
        question = Question(
            printer_uri=printer_uri,
            operation=Operation.CREATE_JOB,
            user_name=sheet.user_name,
            attributes=(_job_name(sheet),),
            template=_template(sheet.ticket, report),
        )
        return _opened(await self._client.ask(question))

    async def send_document(
        self, printer_uri: str, printer_job_id: int, sheet: Sheet, parcel: Parcel
    ) -> Opened | Refused | Silence:
        """Send the one document of a job."""
        question = Question(
            printer_uri=printer_uri,
            operation=Operation.SEND_DOCUMENT,
            user_name=sheet.user_name,
            attributes=(
                integer("job-id", printer_job_id),
                *_document(parcel),
                boolean("last-document", value=True),
            ),
            document=parcel.path,
        )
        return _opened(await self._client.ask(question), printer_job_id)

    async def print_job(
        self, printer_uri: str, sheet: Sheet, report: PrinterReport, parcel: Parcel
    ) -> Opened | Refused | Silence:
        """Job and document at once."""
        question = Question(
            printer_uri=printer_uri,
            operation=Operation.PRINT_JOB,
            user_name=sheet.user_name,
            attributes=(_job_name(sheet), *_document(parcel)),
            template=_template(sheet.ticket, report),
            document=parcel.path,
        )
        return _opened(await self._client.ask(question))

    async def find(self, printer_uri: str, printer_job_id: int, marker: str = "") -> Sighting:
        """Where the job stands."""
        answer = await self._client.ask(
            Question(
                printer_uri=printer_uri,
                operation=Operation.GET_JOB_ATTRIBUTES,
                user_name=_WHO,
                attributes=(
                    integer("job-id", printer_job_id),
                    keyword("requested-attributes", *_SIGHTED),
                ),
            )
        )
        match answer:
            case Message():
                return _sighting(answer.group(GroupTag.JOB), marker)
            case Refused(status=Status.NOT_FOUND | Status.GONE):
                return Sighting(phase=Phase.FORGOTTEN, detail=answer.detail)
            case _:
                return Sighting(phase=Phase.UNREACHABLE, detail=answer.detail)

    async def unfinished(self, printer_uri: str, marker: str) -> tuple[int, ...]:
        """The numbers of the jobs that carry `marker` and are not over; none without an answer."""
        answer = await self._client.ask(
            Question(
                printer_uri=printer_uri,
                operation=Operation.GET_JOBS,
                user_name=_WHO,
                attributes=(
                    keyword("which-jobs", "not-completed"),
                    keyword("requested-attributes", "job-id", "job-name"),
                ),
            )
        )
        if not isinstance(answer, Message):
            return ()
        jobs = [group for group in answer.groups if group.tag == GroupTag.JOB]
        ours = [job for job in jobs if marker in (job.text("job-name") or "")]
        return tuple(number for job in ours if (number := job.integer("job-id")) is not None)

    async def cancel(
        self, printer_uri: str, printer_job_id: int, user_name: str
    ) -> Opened | Refused | Silence:
        """End the job."""
        question = Question(
            printer_uri=printer_uri,
            operation=Operation.CANCEL_JOB,
            user_name=user_name,
            attributes=(integer("job-id", printer_job_id),),
        )
        return _opened(await self._client.ask(question), printer_job_id)


def marked(job_name: str, marker: str) -> str:
    """The job name as the printer gets it: readable first, then what tells it from all others."""
    return f"{clip(job_name, JOB_NAME_BYTES_MAX)} #{marker}"


def _job_name(sheet: Sheet) -> Attribute:
    return name_("job-name", marked(sheet.job_name, sheet.marker))


def _document(parcel: Parcel) -> tuple[Attribute, ...]:
    return (name_("document-name", parcel.name), mime_type("document-format", parcel.format))


def _report(group: Group) -> PrinterReport:
    operations = group.get("operations-supported")
    offered = operations.integers() if operations else ()
    return PrinterReport(
        is_accepting=group.boolean("printer-is-accepting-jobs") is not False,
        state_reasons=group.texts("printer-state-reasons"),
        formats=group.texts("document-format-supported"),
        can_create_job={Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= set(offered),
        offers=frozenset(
            (name, value) for name in _TICKET_ATTRIBUTES for value in _choices(group, name)
        ),
        copies_max=_copies_max(group),
    )


def _choices(group: Group, name: str) -> tuple[str | int, ...]:
    found = group.get(f"{name}-supported")
    return (*found.texts(), *found.integers()) if found else ()


def _copies_max(group: Group) -> int:
    found = group.get("copies-supported")
    return found.first.upper if found and isinstance(found.first, IntRange) else 1


def _template(ticket: JobTicket, report: PrinterReport) -> tuple[Attribute, ...]:
    """What of the ticket this printer offers; the rest is left to its defaults."""
    wanted: Mapping[str, str | int | None] = {
        "media": ticket.media,
        "orientation-requested": ticket.orientation,
        "print-color-mode": ticket.colour_mode,
        "print-quality": ticket.print_quality,
        "sides": ticket.sides,
    }
    chosen = [integer("copies", ticket.copies)] if ticket.copies > 1 else []
    for name, value in wanted.items():
        if value is not None and (name, value) in report.offers:
            chosen.append(keyword(name, value) if isinstance(value, str) else enum(name, value))
    return tuple(chosen)


def _opened(
    answer: Message | Refused | Silence, printer_job_id: int | None = None
) -> Opened | Refused | Silence:
    if not isinstance(answer, Message):
        return answer
    number = printer_job_id or answer.group(GroupTag.JOB).integer("job-id")
    if number is None:
        return Silence(detail="the printer made a job without a number", is_untouched=False)
    return Opened(printer_job_id=number)


def _sighting(group: Group, marker: str) -> Sighting:
    if marker and marker not in (group.text("job-name") or marker):
        return Sighting(phase=Phase.FORGOTTEN, detail="the number belongs to another job now")
    reasons = group.texts("job-state-reasons")
    phase = _PHASES.get(group.integer("job-state") or 0, Phase.PENDING)
    if phase is Phase.PENDING and _INCOMPLETE & set(reasons):
        phase = Phase.WAITS_FOR_DOCUMENT
    return Sighting(
        phase=phase,
        reasons=reasons,
        impressions_completed=group.integer("job-impressions-completed"),
        has_started=group.integer("time-at-processing") is not None,
        detail=group.text("job-state-message") or "",
    )
