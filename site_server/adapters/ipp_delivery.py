"""Takes one document to one printer over IPP and follows the printer's job to its end.

Theory of operation. The printer is asked what it can do, makes a job without a document
(Create-Job), its number is recorded durably by the caller, then the document is sent and the job is
followed. Every answer is an observation; the few rules that turn observations into an outcome stand
in `_verdict`:

* completed: printed. Canceled or aborted before a page came out: not printed. Canceled or aborted
  in the middle: unknown, a person must look (some sheets may lie in the tray).
* The connection broke while the document was sent: nobody knows what arrived, so the printer's own
  job is asked. Where it still waits for its document it is canceled: surely not printed.
* The printer knows no such job: unknown, never "probably not".

A busy or silent printer is asked again with growing waits, within bounds. What was sent is never
sent again: only what was refused is tried again.

Printers without Create-Job get Print-Job. Their number comes after the bytes, so `NUMBER_UNKNOWN`
is recorded before them: after a crash such a job is unknown, not forgotten and not sent again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, TypeVar

from site_server.adapters.patience import DeliveryLimits, Patience
from site_server.causes import WORDS, Cause
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
from site_server.ipp.document_format import OCTET_STREAM
from site_server.ports import Fate, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from site_server.ipp.delivery_port import PrinterPort
    from site_server.ports import Order

NUMBER_UNKNOWN: Final = -1
MARKER_CHARS: Final = 8

_Answer = TypeVar("_Answer", PrinterReport, Opened)

_log = logging.getLogger(__name__)


class IppDelivery:
    """Delivers to printers; `site_server.ports.Delivery` says how it is used."""

    def __init__(self, printer: PrinterPort, limits: DeliveryLimits | None = None) -> None:
        self._printer = printer
        self._limits = limits or DeliveryLimits()

    async def deliver(self, order: Order, record: Callable[[int], Awaitable[None]]) -> Outcome:
        """Print the document and follow the printer's job to its end."""
        uri = order.printer_uri
        if not await asyncio.to_thread(order.document.is_file):
            return _not_printed(Cause.NOT_SENT, f"the document {order.document.name} is missing")
        report = await self._patiently(lambda: self._printer.report(uri), uri)
        if not isinstance(report, PrinterReport):
            return _refusal_of(report)
        objection = _objection(order, report)
        if objection:
            return _not_printed(Cause.PRINTER_REFUSED, objection)
        if not report.can_create_job:
            return await self._print_at_once(order, report, record)
        opened = await self._patiently(
            lambda: self._printer.create_job(uri, _sheet(order), report), uri
        )
        if not isinstance(opened, Opened):
            if isinstance(opened, Silence) and not opened.is_untouched:
                await self.withdraw(uri, order.job_uuid)
            return _refusal_of(opened)
        await self._record(order, opened.printer_job_id, record)
        return await self._send(order, opened.printer_job_id)

    async def settle(self, printer_uri: str, printer_job_id: int, job_uuid: str = "") -> Outcome:
        """What became of a job that was on its way when this site stopped.

        With `job_uuid` a printer that gave the number to another job since is found out.
        """
        if printer_job_id == NUMBER_UNKNOWN:
            return _unknown("this printer gives no job number before the document")
        marker = job_uuid[:MARKER_CHARS]
        return await self._follow(printer_uri, printer_job_id, marker, is_whole=False)

    async def withdraw(self, printer_uri: str, job_uuid: str) -> None:
        """Take away the empty job that the printer may have made for a job that was never sent.

        Only what waits for a document: nothing that the printer can print is ever touched.
        """
        marker = job_uuid[:MARKER_CHARS]
        for number in await self._printer.unfinished(printer_uri, marker):
            seen = await self._printer.find(printer_uri, number, marker)
            if seen.phase is Phase.WAITS_FOR_DOCUMENT:
                await self._printer.cancel(printer_uri, number, "")

    async def _record(
        self, order: Order, number: int, record: Callable[[int], Awaitable[None]]
    ) -> None:
        """An empty job whose number could not be recorded must not block the printer."""
        is_recorded = False
        try:
            await record(number)
            is_recorded = True
        finally:
            if not is_recorded:
                await self._printer.cancel(order.printer_uri, number, order.user_name)

    async def _send(self, order: Order, number: int) -> Outcome:
        uri = order.printer_uri
        sent = await self._patiently(
            lambda: self._printer.send_document(uri, number, _sheet(order), _parcel(order)), uri
        )
        if isinstance(sent, Refused):
            refused = _not_printed(Cause.PRINTER_REFUSED, sent.detail)
            return await self._give_up(uri, number, _marker(order), refused)
        if isinstance(sent, Silence):
            _log.warning("job %s to %s: %s", order.job_uuid, uri, sent.detail)
        is_whole = isinstance(sent, Opened)
        return await self._follow(uri, number, _marker(order), is_whole=is_whole)

    async def _print_at_once(
        self, order: Order, report: PrinterReport, record: Callable[[int], Awaitable[None]]
    ) -> Outcome:
        uri = order.printer_uri
        await record(NUMBER_UNKNOWN)
        opened = await self._patiently(
            lambda: self._printer.print_job(uri, _sheet(order), report, _parcel(order)), uri
        )
        match opened:
            case Opened():
                await record(opened.printer_job_id)
                number = opened.printer_job_id
                return await self._follow(uri, number, _marker(order), is_whole=True)
            case Silence(is_untouched=False):
                return _unknown(f"this printer gives no job number, and {opened.detail}")
            case _:
                return _refusal_of(opened)

    async def _follow(self, uri: str, number: int, marker: str, *, is_whole: bool) -> Outcome:
        """Look until the job is over. `is_whole`: the printer said it has the whole document."""
        patience = Patience(self._limits)
        while True:
            seen = await self._printer.find(uri, number, marker)
            if seen.phase.is_final:
                return _verdict(seen)
            if seen.phase is Phase.WAITS_FOR_DOCUMENT and not is_whole:
                return await self._give_up(uri, number, marker, _NOT_WHOLE)
            if seen.phase is not Phase.UNREACHABLE:
                patience.answered()
            if patience.is_over:
                return _unreachable(seen.detail or "the printer has not ended the job yet")
            await patience.wait()

    async def _give_up(self, uri: str, number: int, marker: str, why: Outcome) -> Outcome:
        """End a job whose document will not come, and believe only what the printer then says."""
        canceled = await self._printer.cancel(uri, number, "")
        seen = await self._printer.find(uri, number, marker)
        if seen.phase is Phase.FORGOTTEN and isinstance(canceled, Opened):
            return why
        if not seen.phase.is_final:
            return _unreachable(seen.detail)
        verdict = _verdict(seen)
        return why if verdict.fate is Fate.NOT_PRINTED else verdict

    async def _patiently(
        self, attempt: Callable[[], Awaitable[_Answer | Refused | Silence]], uri: str
    ) -> _Answer | Refused | Silence:
        """Ask again while the printer is busy or was not even reached. Nothing is sent twice."""
        patience = Patience(self._limits)
        is_logged = False
        while True:
            answer = await attempt()
            if isinstance(answer, Refused) and answer.is_busy:
                patience.answered()
                is_over = patience.is_busy_too_long
            elif isinstance(answer, Silence) and answer.is_untouched:
                is_over = patience.is_over
            else:
                return answer
            if is_over:
                return answer
            if not is_logged:
                _log.info("%s: %s; trying again", uri, answer.detail)
                is_logged = True
            await patience.wait()


def _objection(order: Order, report: PrinterReport) -> str:
    """Why this printer cannot print this order; empty if it can."""
    if not report.is_accepting:
        return "the printer takes no jobs now: " + ", ".join(report.state_reasons)
    if order.document_format not in {OCTET_STREAM, *report.formats}:
        return f"the printer does not take {order.document_format}"
    if order.ticket.copies > report.copies_max:
        return f"the printer makes at most {report.copies_max} copies"
    return ""


def _verdict(seen: Sighting) -> Outcome:
    """What a job that is over comes to."""
    if seen.phase is Phase.COMPLETED:
        return Outcome(fate=Fate.PRINTED)
    if seen.phase is Phase.FORGOTTEN:
        return _unknown(seen.detail)
    if seen.impressions_completed or (seen.has_started and seen.impressions_completed is None):
        pages = "some" if seen.impressions_completed is None else seen.impressions_completed
        return _unknown(f"the printer {seen.phase} the job after {pages} pages")
    detail = f"the printer {seen.phase} the job: {', '.join(seen.reasons)} {seen.detail}"
    return _not_printed(Cause.PRINTER_CANCELLED, detail.strip())


def _marker(order: Order) -> str:
    return order.job_uuid[:MARKER_CHARS]


def _sheet(order: Order) -> Sheet:
    return Sheet(
        job_name=order.job_name,
        user_name=order.user_name,
        ticket=order.ticket,
        marker=_marker(order),
    )


def _parcel(order: Order) -> Parcel:
    return Parcel(path=order.document, format=order.document_format, name=order.document_name)


def _refusal_of(answer: Refused | Silence) -> Outcome:
    """Nothing was sent."""
    is_silent = isinstance(answer, Silence)
    return _not_printed(
        Cause.PRINTER_UNREACHABLE if is_silent else Cause.PRINTER_REFUSED, answer.detail
    )


def _not_printed(cause: Cause, detail: str) -> Outcome:
    return Outcome(fate=Fate.NOT_PRINTED, reason=cause, detail=f"{WORDS[cause].detail} ({detail})")


def _unknown(detail: str) -> Outcome:
    cause = Cause.OUTCOME_UNKNOWN
    return Outcome(fate=Fate.UNKNOWN, reason=cause, detail=f"{WORDS[cause].detail} ({detail})")


def _unreachable(detail: str) -> Outcome:
    return Outcome(fate=Fate.UNREACHABLE, reason=Cause.PRINTER_UNREACHABLE, detail=detail)


_NOT_WHOLE: Final = _not_printed(Cause.NOT_SENT, "the printer did not get the whole document")
