"""Printers and documents of a simulation.

A printer outlives the site that feeds it: once it has a whole document it prints, whatever becomes
of the sender. Its tray is the only witness of what came out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextvars import Context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.final_state import DocumentFound
from failure_modes.pricing import PageCount
from site_server.causes import Cause
from site_server.ports import Counted, Fate, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from site_server.ports import Order

FORMAT: Final = "application/pdf"
NETWORK_S: Final = 0.02
PAGE_S: Final = 2.0
PRINTED: Final = Outcome(fate=Fate.PRINTED)


def document(number: int, mono: int, colour: int) -> bytes:
    """A document that says how many pages it has; each number gives other bytes."""
    return json.dumps({"number": number, "mono": mono, "colour": colour}).encode()


class ReadsPages:
    """A `Counter` that believes what a document says."""

    async def count(self, document: Path, document_format: str) -> Counted:  # noqa: ARG002
        """The pages of one copy."""
        said = await asyncio.to_thread(lambda: json.loads(document.read_bytes()))
        return Counted(pages=PageCount(mono=said["mono"], colour=said["colour"]))


@dataclass(slots=True, kw_only=True)
class _Sheet:
    number: int
    job_uuid: str
    sha256: str
    pages: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    printing: asyncio.Task[None] | None = None


class SimulatedPrinter:
    """A printer with one tray. `is_off`: nobody answers; `forgets`: its record is lost."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_off = False
        self.tray: list[DocumentFound] = []
        self._sheets: dict[int, _Sheet] = {}
        self._turn = asyncio.Lock()

    def forget(self) -> None:
        """Lose the record of what is done, as after a power cut at the printer."""
        self._sheets = {n: sheet for n, sheet in self._sheets.items() if not sheet.ended.is_set()}

    def is_printing(self) -> bool:
        """Whether anything is still to come out."""
        return any(not sheet.ended.is_set() for sheet in self._sheets.values())

    async def deliver(self, order: Order, record: Callable[[int], Awaitable[None]]) -> Outcome:
        """See `site_server.ports.Delivery`."""
        await asyncio.sleep(NETWORK_S)
        if self.is_off:
            return Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_UNREACHABLE)
        number = len(self.tray) + len(self._sheets) + 1
        while number in self._sheets:
            number += 1
        await record(number)
        body = await asyncio.to_thread(order.document.read_bytes)
        await asyncio.sleep(NETWORK_S)
        said = json.loads(body)
        sheet = _Sheet(
            number=number,
            job_uuid=order.job_uuid,
            sha256=hashlib.sha256(body).hexdigest(),
            pages=(said["mono"] + said["colour"]) * order.ticket.copies,
        )
        self._sheets[number] = sheet
        self._feed(sheet)
        await sheet.ended.wait()
        await asyncio.sleep(NETWORK_S)
        return PRINTED

    async def settle(self, printer_uri: str, printer_job_id: int, job_uuid: str) -> Outcome:
        """See `site_server.ports.Delivery`."""
        del printer_uri
        await asyncio.sleep(NETWORK_S)
        if self.is_off:
            return Outcome(fate=Fate.UNREACHABLE)
        sheet = self._sheets.get(printer_job_id)
        if sheet is None or sheet.job_uuid != job_uuid:
            return Outcome(fate=Fate.UNKNOWN)
        await sheet.ended.wait()
        return PRINTED

    async def withdraw(self, printer_uri: str, job_uuid: str) -> None:
        """A job without its document is none here."""

    def _feed(self, sheet: _Sheet) -> None:
        """Print it, as something that belongs to no process."""
        loop = asyncio.get_running_loop()
        sheet.printing = loop.create_task(self._print(sheet), context=Context())

    async def _print(self, sheet: _Sheet) -> None:
        async with self._turn:
            await asyncio.sleep(PAGE_S * sheet.pages)
        self.tray.append(
            DocumentFound(
                printer_name=self.name,
                printer_job_id=sheet.number,
                file_name="",
                sha256=sheet.sha256,
                completed=True,
            )
        )
        sheet.ended.set()
