"""What the site's services need from the world, as small protocols and frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from failure_modes.pricing import PageCount
    from failure_modes.vocabulary import LinkEvent, LinkState, WallMs
    from site_server.ipp.service_port import JobTicket


class Replica(Protocol):
    """This site's copy of the directory."""

    @property
    def ready(self) -> bool:
        """True once there is a whole directory to read."""
        ...

    def snapshot(self) -> AbstractContextManager[Connection]:
        """One read transaction. Not over an `await`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStanding:
    """What outlives a restart: what is ordered, since when it is cut, what headquarters ordered."""

    ordered: LinkState | None = None
    """`drill` or `forced_offline`; None: nothing."""
    offline_since_ms: WallMs | None = None
    order_number: int = 0
    """The newest order of headquarters that was seen here, obeyed or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOrder:
    """An order of an administrator; one of headquarters has a number, one given here has none."""

    order: LinkEvent
    given_wall_ms: WallMs
    number: int | None = None


class Link(Protocol):
    """What the site thinks of its way to the primary."""

    @property
    def state(self) -> LinkState:
        """The state now; an input of decisions, never waited for."""
        ...

    @property
    def offline_since_ms(self) -> WallMs | None:
        """When the link of the present outage was last online; None where there is no outage."""
        ...

    @property
    def standing(self) -> LinkStanding:
        """What is to be remembered of it."""
        ...

    @property
    def changed(self) -> asyncio.Event:
        """Set once, at the next change of the state or of the standing."""
        ...

    @property
    def applied(self) -> asyncio.Event:
        """Set once, when the replica is newer than now."""
        ...

    def foresee(self, order: LinkOrder) -> LinkStanding:
        """What would stand after the order; raises `IllegalTransitionError` where it is refused."""
        ...

    def obey(self, order: LinkOrder) -> bool:
        """Do as ordered; whether that changed the state. Errors as `foresee`."""
        ...

    def pass_over(self, order: LinkOrder) -> None:
        """Remember only that this order was seen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What came of counting a document: its pages, or `reason`, why they are not known."""

    pages: PageCount | None
    reason: str = ""


class Counter(Protocol):
    """Counts the pages of a document on the spool."""

    async def count(self, document: Path, document_format: str) -> Counted:
        """The pages of one copy, mono and colour. A bad document is an answer, not an error."""
        ...


class Spooled(Protocol):
    """A whole document that is safe on the disk."""

    @property
    def bytes(self) -> int:
        """Its size."""
        ...

    @property
    def sha256(self) -> str:
        """Its hash, 64 hex digits."""
        ...


class SpoolWriter(Protocol):
    """Where one document goes, chunk by chunk."""

    async def write(self, chunk: bytes) -> None:
        """Take some more bytes; `SpoolFullError` where there is no room for them."""
        ...

    async def commit(self, job_uuid: str) -> Spooled:
        """Make the document durable under the name of its job."""
        ...

    async def abort(self) -> None:
        """Forget what was written; after `commit` it does nothing."""
        ...


class Spool(Protocol):
    """Where the documents of open jobs lie, one file each, named by their job."""

    async def open(self) -> SpoolWriter:
        """A writer for one document; `SpoolFullError` where there is no room for any."""
        ...

    def path(self, job_uuid: str) -> Path:
        """Where the job's document lies."""
        ...

    async def remove(self, job_uuid: str) -> None:
        """Delete the job's document, if it is there."""
        ...

    async def job_uuids(self) -> frozenset[str]:
        """The jobs whose document is here."""
        ...


class BranchDirectory(Protocol):
    """A directory in the branch that knows passwords."""

    async def check(self, user_name: str, password: str) -> bool | None:
        """Whether this is the user's password; None where nobody could say. Takes bounded time."""
        ...


class Fate(StrEnum):
    """What became of a job at its printer."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    """Surely not on paper: nothing was sent, or the printer ended the job without printing."""
    UNKNOWN = "unknown"
    """The printer has no record of it any more, or contradicts itself."""
    UNREACHABLE = "unreachable"
    """The printer has the job and does not answer: ask again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job, in a code of the refusals' table and in words."""

    fate: Fate
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One document for one printer."""

    job_uuid: str
    fence: int
    printer_uri: str
    document: Path
    document_format: str
    document_name: str
    job_name: str
    user_name: str
    ticket: JobTicket


class Delivery(Protocol):
    """The way to a printer."""

    async def deliver(self, order: Order, record: Callable[[int], Awaitable[None]]) -> Outcome:
        """Print the document and follow the printer's job to its end.

        `record` is awaited with the printer's own job number before the first byte of the document
        is sent; whatever goes wrong before that is NOT_PRINTED.
        """
        ...

    async def settle(self, printer_uri: str, printer_job_id: int, job_uuid: str) -> Outcome:
        """What became of a job that was on its way when this site stopped.

        `job_uuid` finds out a printer that gave the number to another job since.

        Follows it to its end where the printer still works on it; cancels it where it waits for a
        document that never came whole.
        """
        ...

    async def withdraw(self, printer_uri: str, job_uuid: str) -> None:
        """Take away the empty job that the printer may have made for a job that was never sent.

        Its number was not recorded, and a printer that waits for its document may take no other
        job meanwhile. A printer that does not answer is left to its own time-out.
        """
        ...
