"""Takes one document to one printer over IPP and follows the printer's job to its end.

Theory of operation. The printer is asked what it can do, makes a job without a document (Create-Job),
its number is recorded durably by the caller, then the document is sent and the job is followed. Every
answer is an observation; the few rules that turn observations into an outcome stand in `_verdict`:

* completed: printed. Canceled or aborted before a page came out: not printed. Canceled or aborted in
  the middle: unknown, a person must look (some sheets may lie in the tray).
* The connection broke while the document was sent: nobody knows what arrived, so the printer's own
  job is asked. Where it still waits for its document it is canceled: surely not printed.
* The printer knows no such job: unknown, never "probably not".

A busy or silent printer is asked again with growing waits, within bounds. What was sent is never sent
again: only what was refused is tried again.

Printers without Create-Job get Print-Job. Their number comes after the bytes, so `NUMBER_UNKNOWN` is
recorded before them: after a crash such a job is unknown, not forgotten and not sent again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
from site_server.refusals import WORDS, Cause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from site_server.ipp.delivery_port import PrinterPort
    from site_server.ports import Order

NUMBER_UNKNOWN: Final = -1
MARKER_CHARS: Final = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """How long a printer is waited for, in milliseconds.

    `busy_ms_max`: a printer that says busy. `silence_ms_max`: one that does not answer, before the
    document or while it is followed; then the outcome is UNREACHABLE and the caller asks later.
    `follow_ms_max`: a job that goes on and on (a paper jam); then likewise. `wait_ms_first` grows by
    half up to `wait_ms_max`.
    """

    busy_ms_max: int = 300_000
    silence_ms_max: int = 10_000
    follow_ms_max: int = 3_600_000
    wait_ms_first: int = 100
    wait_ms_max: int = 2_000


class IppDelivery:
    """Delivers to printers; `site_server.ports.Delivery` says how it is used."""

    def __init__(self, printer: PrinterPort, limits: DeliveryLimits | None = None) -> None:
        self._printer = printer
        self._limits = limits or DeliveryLimits()

    async def deliver(self, order: Order, record: Callable[[int], Awaitable[None]]) -> Outcome:
        """Print the document and follow the printer's job to its end."""
        if not await asyncio.to_thread(order.document.is_file):
            return _not_printed(Cause.NOT_SENT, f"the document {order.document.name} is missing")
        report = await self._patiently(lambda: self._printer.report(order.printer_uri))
        if not isinstance(report, PrinterReport):
            return _refusal_of(report)
        objection = _objection(order, report)
        if objection:
            return _not_printed(Cause.PRINTER_REFUSED, objection)
        if not report.can_create_job:
            return await self._print_at_once(order, report, record)
        opened = await self._patiently(
            lambda: self._printer.create_job(order.printer_uri, _sheet(order), report)
        )
        if not isinstance(opened, Opened):
            return _refusal_of(opened)
        await record(opened.printer_job_id)
        return await self._send(order, opened.printer_job_id)

    async def settle(
        self, printer_uri: str, printer_job_id: int, job_uuid: str = ""
    ) -> Outcome:
        """What became of a job that was on its way when this site stopped.

        With `job_uuid` a printer that gave the number to another job since is found out.
        """
        if printer_job_id == NUMBER_UNKNOWN:
            return _unknown("this printer gives no job number before the document")
        marker = job_uuid[:MARKER_CHARS]
        return await self._follow(printer_uri, printer_job_id, marker, may_wait=False)

    async def _send(self, order: Order, number: int) -> Outcome:
        sent = await self._patiently(
            lambda: self._printer.send_document(
                order.printer_uri, number, _sheet(order), _parcel(order)
            ),
            only_busy=True,
        )
        if isinstance(sent, Refused):
            await self._printer.cancel(order.printer_uri, number, order.user_name)
            return _not_printed(Cause.PRINTER_REFUSED, sent.detail)
        if isinstance(sent, Silence):
            _log.warning("job %s to %s: %s", order.job_uuid, order.printer_uri, sent.detail)
        may_wait = isinstance(sent, Opened)
        return await self._follow(order.printer_uri, number, _marker(order), may_wait=may_wait)

    async def _print_at_once(
        self, order: Order, report: PrinterReport, record: Callable[[int], Awaitable[None]]
    ) -> Outcome:
        await record(NUMBER_UNKNOWN)
        opened = await self._patiently(
            lambda: self._printer.print_job(
                order.printer_uri, _sheet(order), report, _parcel(order)
            ),
            only_busy=True,
        )
        match opened:
            case Opened():
                await record(opened.printer_job_id)
                return await self._follow(
                    order.printer_uri, opened.printer_job_id, _marker(order), may_wait=True
                )
            case Silence(is_untouched=False):
                return _unknown(f"this printer gives no job number, and {opened.detail}")
            case _:
                return _refusal_of(opened)

    async def _follow(
        self, printer_uri: str, number: int, marker: str, *, may_wait: bool
    ) -> Outcome:
        """Look until the job is over. `may_wait`: the whole document was sent."""
        clock = asyncio.get_running_loop().time
        begun_s = answered_s = clock()
        for wait_ms in self._waits():
            seen = await self._printer.find(printer_uri, number, marker)
            if seen.phase.is_final:
                return _verdict(seen)
            if seen.phase is Phase.WAITS_FOR_DOCUMENT and not may_wait:
                return await self._give_up(printer_uri, number, marker)
            if seen.phase is not Phase.UNREACHABLE:
                answered_s = clock()
            silent_ms = (clock() - answered_s) * 1000
            followed_ms = (clock() - begun_s) * 1000
            if max(silent_ms - self._limits.silence_ms_max, followed_ms - self._limits.follow_ms_max) > 0:
                break
            await asyncio.sleep(wait_ms / 1000)
        return Outcome(
            fate=Fate.UNREACHABLE,
            reason=Cause.PRINTER_UNREACHABLE,
            detail="the printer has the job and has not ended it yet",
        )

    async def _give_up(self, printer_uri: str, number: int, marker: str) -> Outcome:
        """End a job that waits for a document which will not come, and see that it is ended."""
        await self._printer.cancel(printer_uri, number, "")
        seen = await self._printer.find(printer_uri, number, marker)
        if seen.phase in {Phase.CANCELED, Phase.ABORTED, Phase.FORGOTTEN}:
            return _not_printed(Cause.NOT_SENT, "the printer did not get the whole document")
        return Outcome(
            fate=Fate.UNREACHABLE, reason=Cause.PRINTER_UNREACHABLE, detail=seen.detail
        )
