"""Doubles of the site's ports, for tests, chaos and bench."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Table, insert

from failure_modes.gates import CUT
from failure_modes.link import ORDERED, next_state
from failure_modes.vocabulary import LinkState
from replication.adapters.sqlite_file import SqliteFile
from replication.schema import directory as schema
from site_server.errors import SpoolFullError
from site_server.ports import Counted, Fate, LinkStanding, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from failure_modes.vocabulary import WallMs
    from replication.registers import HeldJob
    from site_server.ports import LinkOrder, Order

PRINTED = Outcome(fate=Fate.PRINTED)


class StillLink:
    """A link whose state is whatever the test says, or an order, and which is cut off since then.

    The test says `tell` for what it does itself.
    """

    def __init__(self, state: LinkState = LinkState.ONLINE) -> None:
        self.state = state
        self.offline_since_ms: WallMs | None = None
        self.order_number = 0
        self.changed = asyncio.Event()
        self.applied = asyncio.Event()

    @property
    def standing(self) -> LinkStanding:
        """As the test left it."""
        return LinkStanding(
            ordered=self.state if self.state in ORDERED else None,
            offline_since_ms=self.offline_since_ms,
            order_number=self.order_number,
        )

    def foresee(self, order: LinkOrder) -> LinkStanding:
        """See `site_server.ports.Link`."""
        state = next_state(self.state, order.order)
        is_cut = self.offline_since_ms is None and state in CUT
        return LinkStanding(
            ordered=state if state in ORDERED else None,
            offline_since_ms=order.given_wall_ms if is_cut else self.offline_since_ms,
            order_number=max(self.order_number, order.number or 0),
        )

    def obey(self, order: LinkOrder) -> bool:
        """See `site_server.ports.Link`."""
        standing, state = self.foresee(order), next_state(self.state, order.order)
        changed = state is not self.state
        self.state, self.offline_since_ms = state, standing.offline_since_ms
        self.pass_over(order)
        return changed

    def tell(self) -> None:
        """Say that the state and the replica have changed."""
        told = self.changed, self.applied
        self.changed, self.applied = asyncio.Event(), asyncio.Event()
        for event in told:
            event.set()

    def pass_over(self, order: LinkOrder) -> None:
        """See `site_server.ports.Link`."""
        self.order_number = max(self.order_number, order.number or 0)


class DirectoryFile:
    """A replica that no applier writes: the test puts rows into it. `ready` may be set to False."""

    def __init__(self, path: Path) -> None:
        self.ready = True
        self._file = SqliteFile(path, schema.directory_metadata)

    def put(self, table: Table, **values: object) -> None:
        """Insert a row, or replace the one with its key."""
        statement = insert(table).prefix_with("OR REPLACE")
        self._file.write_now(lambda connection: connection.execute(statement, values))

    def change(self, work: Callable[[Connection], object]) -> None:
        """Do several things in one transaction, as headquarters does."""
        self._file.write_now(work)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction."""
        with self._file.read() as connection:
            yield connection

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(slots=True)
class PrinterDouble:
    """A `Delivery` whose answers the test writes, and that remembers every paper.

    `outcomes` are given in order, then PRINTED. A job sent while `gate` is closed stays on its way.
    `records` says what a printer answers after a restart, by its own job number; `papers` holds the
    job of each document that really came out.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    records: dict[int, Outcome] = field(default_factory=dict)
    papers: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    fails_before_number: Exception | None = None
    fails_after_number: Exception | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    async def deliver(self, order: Order, record: Callable[[int], Awaitable[None]]) -> Outcome:
        """Print, in the order of the script."""
        self.orders.append(order)
        if self.fails_before_number is not None:
            raise self.fails_before_number
        await record(100 + len(self.orders))
        if self.fails_after_number is not None:
            raise self.fails_after_number
        await self.gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else PRINTED
        if outcome.fate is Fate.PRINTED:
            self.papers.append(order.job_uuid)
        return outcome

    async def settle(self, printer_uri: str, printer_job_id: int, job_uuid: str) -> Outcome:
        """What the script says about that number; a printer without a record does not answer."""
        del printer_uri, job_uuid
        self.asked.append(printer_job_id)
        return self.records.get(printer_job_id, Outcome(fate=Fate.UNREACHABLE))

    async def withdraw(self, printer_uri: str, job_uuid: str) -> None:
        """Nothing is left to take away, but it is remembered who asked."""
        del printer_uri
        self.withdrawn.append(job_uuid)


@dataclass(slots=True)
class CounterDouble:
    """A `Counter` that finds what the test says in every document, or raises `error`."""

    counted: Counted
    error: Exception | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def count(self, document: Path, document_format: str) -> Counted:
        """The pages of one copy."""
        del document, document_format
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.counted


@dataclass(slots=True)
class BranchDirectoryDouble:
    """A directory that knows these passwords; while `is_lost` nobody can ask it."""

    passwords: dict[str, str]
    is_lost: bool = False
    asked: list[str] = field(default_factory=list)

    async def check(self, user_name: str, password: str) -> bool | None:
        """Compare, unless there is nothing to compare."""
        if not user_name or not password:
            return False
        self.asked.append(user_name)
        return None if self.is_lost else self.passwords.get(user_name) == password


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledDouble:
    """A document that was committed."""

    bytes: int
    sha256: str


class MemorySpool:
    """A `Spool` in memory. While `is_full` nothing more fits; `folder` only names the paths."""

    def __init__(self, folder: Path) -> None:
        self.is_full = False
        self.documents: dict[str, bytes] = {}
        self._folder = folder

    async def open(self) -> MemorySpoolWriter:
        """A writer for one document."""
        self.check_room()
        return MemorySpoolWriter(self)

    def path(self, job_uuid: str) -> Path:
        """Where a real spool would have it."""
        return self._folder / job_uuid

    async def remove(self, job_uuid: str) -> None:
        """Forget a document."""
        self.documents.pop(job_uuid, None)

    async def job_uuids(self) -> frozenset[str]:
        """The jobs whose document is here."""
        return frozenset(self.documents)

    def check_room(self) -> None:
        """Raise `SpoolFullError` while the spool is full."""
        if self.is_full:
            raise SpoolFullError


class MemorySpoolWriter:
    """One document on its way in."""

    def __init__(self, spool: MemorySpool) -> None:
        self._spool = spool
        self._content = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Take some more bytes."""
        self._spool.check_room()
        self._content += chunk

    async def commit(self, job_uuid: str) -> SpooledDouble:
        """Keep the document."""
        self._spool.check_room()
        content = bytes(self._content)
        self._spool.documents[job_uuid] = content
        return SpooledDouble(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())

    async def abort(self) -> None:
        """Forget what was written and not committed."""
        self._content.clear()


class MemoryIndex:
    """The register of held jobs in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, HeldJob] = {}
        self.origin = "this node"
        self.versions: dict[str, int] = {}

    async def put_held_jobs(self, jobs: Sequence[HeldJob]) -> None:
        """Make the index say this of each job."""
        self.rows.update({job.job_uuid: job for job in jobs})

    async def drop_held_job(self, job_uuid: str) -> None:
        """Take the job out of the index."""
        self.rows.pop(job_uuid, None)

    async def held_jobs(self) -> tuple[HeldJob, ...]:
        """Every job in the index."""
        return tuple(self.rows.values())
