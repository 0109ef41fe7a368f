"""One branch as its people use it: a desktop that prints, a panel with a card reader, a printer.

A visit is what a person does at the panel: log in, look, act, log out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaos.errors import UnexpectedAnswerError
from chaos.history import Outcome
from chaos.live.stock_client import Destination
from chaos.live.waiting import until

if TYPE_CHECKING:
    from chaos.final_state import DocumentFound
    from chaos.history import Event
    from chaos.live.json_client import Answer
    from chaos.live.nodes import SiteNode
    from chaos.live.panel import Copies, Panel
    from chaos.live.printer import VirtualPrinter
    from chaos.live.stock_client import StockClient
    from chaos.pdf_writer import Document

COUNT_TIMEOUT_MS: Final = 15_000
PRINT_TIMEOUT_MS: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a card."""

    user_name: str
    card_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """The devices of one site."""

    site: SiteNode
    printer: VirtualPrinter
    panel: Panel
    desktop: StockClient

    async def send(self, document: Document, person: Person) -> Event:
        """Print from the desktop to the branch's held queue."""
        return await self.desktop.print_with_ipptool(document, self.queue(person))

    def queue(self, person: Person) -> Destination:
        """The branch's held queue, as this person's."""
        return Destination(
            port=self.site.ipp_port,
            queue_name=f"{self.site.name}-secure",
            user_name=person.user_name,
        )

    async def until_held(self, person: Person, document: Document) -> dict[str, Any]:
        """The job at the panel, once it is there with its pages counted."""
        session_id = await self.panel.session(person.card_number)

        async def look() -> dict[str, Any] | None:
            for job in await self.panel.jobs(session_id):
                if job["job_name"] == document.name and job["state"] == "held":
                    return job
            return None

        job = await until(look, f"{document.name} to be held", within_ms=COUNT_TIMEOUT_MS)
        await self.panel.log_out(session_id)
        return job

    async def release(self, person: Person, job_uuid: str) -> Answer:
        """One visit: log in, list, release, log out."""
        session_id = await self.panel.session(person.card_number)
        await self.panel.list_jobs(session_id)
        answer = await self.panel.release(session_id, job_uuid)
        await self.panel.log_out(session_id)
        return answer

    async def release_held(self, person: Person) -> list[str]:
        """One visit that releases whatever is held; returns the jobs that were let go."""
        session_id = await self.panel.session(person.card_number)
        released = []
        for job in await self.panel.jobs(session_id):
            if job["state"] == "held":
                answer = await self.panel.release(session_id, job["job_uuid"])
                if answer.outcome is Outcome.OK:
                    released.append(str(job["job_uuid"]))
        await self.panel.log_out(session_id)
        return released

    async def copy(self, person: Person, copies: Copies) -> Answer:
        """One visit: log in, copy these pages, log out; the answer is the finished session's."""
        session_id = await self.panel.session(person.card_number)
        started = await self.panel.start_copies(session_id, copies)
        if started.outcome is not Outcome.OK:
            return started
        mono, colour = (0, copies.pages) if copies.colour else (copies.pages, 0)
        finished = await self.panel.finish_copies(
            session_id, str(started.field("copy_uuid")), mono_pages=mono, colour_pages=colour
        )
        await self.panel.log_out(session_id)
        return finished

    async def until_printed(self, document: Document) -> DocumentFound:
        """The document in the printer's own record, once it is printed to its end."""

        async def look() -> DocumentFound | None:
            for found in self.printer.documents():
                if found.sha256 == document.sha256 and found.completed:
                    return found
            return None

        return await until(look, f"{document.name} on paper", within_ms=PRINT_TIMEOUT_MS)

    async def print_now(self, document: Document, person: Person) -> Answer:
        """Send, wait until held, release, wait for the paper; the answer is the release's."""
        sent = await self.send(document, person)
        if sent.outcome is not Outcome.OK:
            raise UnexpectedAnswerError(f"{self.site.name} took no document: {sent.reason}")
        job = await self.until_held(person, document)
        answer = await self.release(person, str(job["job_uuid"]))
        answer.expect(f"release {document.name}")
        await self.until_printed(document)
        return answer
