"""Doubles of the primary's ports, and the journal of a site that is not there."""

import asyncio
import uuid
from dataclasses import dataclass, field

from primary.errors import NotFoundError
from replication.adapters.litestream_process import LitestreamError
from replication.entry_bodies import Body, JobNotPrinted, JobPrinted, user_payer
from replication.journal import Entry, JournalHead, next_entry
from replication.messages import AnyFromPrimary, AnyFromSite
from replication.ports import WallMs
from replication.registers import HeldJob

WALL_MS = WallMs(1_800_000_000_000)


class SiteJournal:
    """The journal of a site that does nothing but write it."""

    def __init__(self, site_name: str, epoch: int = 1) -> None:
        self.head = JournalHead(site_name=site_name, epoch=epoch)
        self.entries: list[Entry] = []

    def append(self, body: Body) -> Entry:
        """Write the next entry."""
        entry = next_entry(self.head, body, WALL_MS)
        self.head = entry.head
        self.entries.append(entry)
        return entry

    def printed(self, user_name: str, cost_micros: int, *, pages: int = 1) -> Entry:
        """A job of this user came out of the printer, and they pay for it."""
        return self.append(printed(user_name, cost_micros, pages=pages, number=self.head.seq + 1))

    def not_printed(self) -> Entry:
        """A job did not come out; nobody pays."""
        body = JobNotPrinted(
            job_uuid=job_uuid(self.head.seq + 1), printer_name="laser", fence=1, reason="jam"
        )
        return self.append(body)


@dataclass(slots=True)
class FixedJoinTokens:
    """Join tokens that say only for whom they are; for the sites it knows."""

    site_names: frozenset[str]
    asked: list[tuple[str, str | None, int | None]] = field(default_factory=list)

    async def issue(self, site_name: str, host: str | None, port: int | None) -> str:
        """See `primary.ports.JoinTokens`."""
        if site_name not in self.site_names:
            raise NotFoundError
        self.asked.append((site_name, host, port))
        return f"token-for-{site_name}"


@dataclass(slots=True)
class ListedHeldJobs:
    """A register of held jobs that is a list."""

    jobs: list[HeldJob] = field(default_factory=list)

    async def held_jobs(self) -> tuple[HeldJob, ...]:
        """See `primary.ports.HeldJobs`."""
        return tuple(self.jobs)


@dataclass(slots=True)
class ScriptedSync:
    """litestream that is at the TXID which the test says; None: it does not answer."""

    txid: int | None = 1
    calls: int = 0

    async def sync(self) -> int:
        """See `primary.service.publish.Syncing`."""
        self.calls += 1
        if self.txid is None:
            raise LitestreamError
        return self.txid


class PairedWire:
    """A `Wire` whose other end is the test: `put` what the site says, read `said`."""

    def __init__(self) -> None:
        self.said: list[AnyFromPrimary] = []
        self.is_aborted = False
        self.version = 0
        self._inbox: asyncio.Queue[AnyFromSite | None] = asyncio.Queue()
        self._spoken = asyncio.Event()

    def put(self, *messages: AnyFromSite) -> None:
        """The site says this."""
        for message in messages:
            self._inbox.put_nowait(message)

    def hang_up(self) -> None:
        """The site goes."""
        self._inbox.put_nowait(None)

    async def wait_said(self, count: int) -> list[AnyFromPrimary]:
        """All that was said, once it is that much."""
        while len(self.said) < count:
            await self._spoken.wait()
        return self.said

    async def receive(self) -> AnyFromSite | None:
        """The next of what was put."""
        return await self._inbox.get()

    async def send(self, message: AnyFromPrimary) -> bool:
        """Keep it for the test."""
        if self.is_aborted:
            return False
        self.said.append(message)
        self._spoken.set()
        self._spoken = asyncio.Event()
        return True

    def speak(self, version: int) -> None:
        """Remember it."""
        self.version = version

    def abort(self) -> None:
        """End it, as a broken connection would."""
        self.is_aborted = True
        self.hang_up()


def printed(user_name: str, cost_micros: int, *, pages: int = 1, number: int = 1) -> JobPrinted:
    """The body of a printed job that costs `cost_micros`."""
    return JobPrinted(
        job_uuid=job_uuid(number),
        user_name=user_name,
        printer_name="laser",
        fence=1,
        payer=user_payer(user_name),
        cost_micros=cost_micros,
        mono_pages=pages,
        colour_pages=0,
        copies=1,
    )


def job_uuid(number: int) -> str:
    """The same UUID for the same number."""
    return str(uuid.UUID(int=number))
