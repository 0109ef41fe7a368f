"""What the IPP endpoint needs from the site: one small protocol and the values that cross it.

The rules, for whoever implements `JobService`:

* **Nothing is accepted before `commit` answers.** `begin_job` (Print-Job) creates no job; the job
  exists when `DocumentWriter.commit` has returned its `JobView`, that is after the document is
  fsynced and the job and its journal entry are committed. `create_job` (Create-Job) makes a job
  without a document: it is pending-held with the reason `job-incoming` until a document is
  committed or the job is closed.
* **`abort` forgets** what was written. It may be called at any time, also after `commit` or a
  refusal, and then does nothing. The endpoint always calls it last, so it is the one place to clean
  up.
* **A refusal is a value**, never an exception. It says a stable reason code, a sentence for the
  user and the IPP status; which status for which refusal stands at `Refusal`. Once `write` refuses,
  the endpoint reads no further.
* **Users are names, and mostly claimed.** IPP without authentication carries
  `requesting-user-name`, which anybody can set; `is_proven` says that the user's password came
  along (`basic.py`). So `release` ends only a hold that the sender asked for; what waits for its
  owner goes nowhere on a claimed name: refuse it (not-possible or not-authorized).
* An open job (created, nothing sent) must be ended by the service after `multiple_operation_ms`.
* Everything is async, so that an implementation may read a database; nothing may wait for the WAN.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from site_server.ipp.vocabulary import JobState, PrinterState, Status

if TYPE_CHECKING:
    from failure_modes.vocabulary import WallMs


class ReleaseAction(StrEnum):
    """What lets a job of this queue go (PWG 5100.11, job-release-action)."""

    NONE = "none"
    OWNER_AUTHORIZED = "owner-authorized"


class WhichJobs(StrEnum):
    """Which jobs Get-Jobs asks for (RFC 8011, 4.2.6.1)."""

    COMPLETED = "completed"
    NOT_COMPLETED = "not-completed"
    ALL = "all"


HOLD_NONE = "no-hold"
HOLD_INDEFINITE = "indefinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A clear no. `reason` is a stable code of our catalogue, `message` a sentence for the user.

    | refusal | status | why (RFC 8011, appendix B) |
    |---|---|---|
    | not enough space, store busy | TEMPORARY_ERROR | the client may try the same again later |
    | document too large | REQUEST_ENTITY_TOO_LARGE | it will never fit |
    | queue takes no jobs, site is draining | NOT_ACCEPTING_JOBS | a person must act |
    | too many jobs held | TOO_MANY_JOBS | the bound of promise 8 |
    | unknown or disabled user, no credit | NOT_AUTHORIZED | the user may not |
    | not the owner of the job | NOT_AUTHORIZED | |
    | job is already done, already has its document | NOT_POSSIBLE | the state forbids it |
    | second document | MULTIPLE_DOCUMENTS_NOT_SUPPORTED | |
    | no such job or queue | NOT_FOUND | |
    | format not taken by this queue | DOCUMENT_FORMAT_NOT_SUPPORTED | |
    """

    reason: str
    message: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTicket:
    """How the pages are wanted. Travels with the job to the printer; None = the printer's default.

    `sides` and `colour_mode` are the keywords of `sides` and `print-color-mode`; `print_quality` is
    3 draft, 4 normal, 5 high; `orientation` is 3 portrait, 4 landscape, 5 and 6 their reverses.
    """

    copies: int = 1
    sides: str = "one-sided"
    colour_mode: str = "auto"
    media: str | None = None
    print_quality: int | None = None
    orientation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """A queue of this site as the world sees it.

    `release_action` is OWNER_AUTHORIZED for a held queue and NONE for a direct one. `uuid` is bare
    (no `urn:uuid:`). `queued_jobs` counts jobs that are not in a terminal state.
    """

    name: str
    uuid: str
    release_action: ReleaseAction
    info: str = ""
    location: str = ""
    make_and_model: str = "Holdfast queue"
    state: PrinterState = PrinterState.IDLE
    state_reasons: tuple[str, ...] = ("none",)
    state_message: str = ""
    is_accepting: bool = True
    has_colour: bool = True
    has_duplex: bool = True
    queued_jobs: int = 0
    asks_for_password: bool = False
    """Whether a job without credentials is answered with the question for them, where it may be."""
    changed_at_ms: WallMs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as the world sees it.

    `job_id` is an integer of 1..2^31-1, unique on this site and never reused; `job_uuid` is bare.
    `state_reasons` are IPP keywords (`job-release-wait`, `job-hold-until-specified`,
    `job-printing`, `job-completed-successfully`, `job-canceled-by-user`, `aborted-by-system`, ...),
    at least one. `impressions` is None while the pages are not counted; it is of one copy.
    `output_device` is the printer that the job was released to.
    """

    job_id: int
    job_uuid: str
    queue_name: str
    job_name: str
    user_name: str
    state: JobState
    state_reasons: tuple[str, ...]
    ticket: JobTicket
    created_at_ms: WallMs
    release_action: ReleaseAction = ReleaseAction.NONE
    hold_until: str = HOLD_NONE
    state_message: str = ""
    processing_at_ms: WallMs | None = None
    completed_at_ms: WallMs | None = None
    document_name: str = ""
    document_format: str = "application/octet-stream"
    document_bytes: int = 0
    document_count: int = 0
    impressions: int | None = None
    impressions_completed: int = 0
    output_device: str | None = None
    is_proven: bool = False
    """Of a job without its document: whether only who proves to be its user may bring it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """A wish for a job, checked for form only.

    `user_name` is claimed. It is proved only where `is_proven`: somebody authenticated as that user
    with this very request.
    """

    queue_name: str
    user_name: str
    job_name: str
    ticket: JobTicket
    hold_until: str = HOLD_NONE
    client_address: str = ""
    is_proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """What is known of a document before it is stored.

    `format` is already sensed from the bytes where the client said only application/octet-stream.
    """

    name: str
    format: str


class DocumentWriter(Protocol):
    """Where one document goes, chunk by chunk. See the rules at the top of this file."""

    async def write(self, chunk: bytes) -> Refusal | None:
        """Take some more bytes; a refusal if there is no room for them."""
        ...

    async def commit(self, *, is_last: bool) -> JobView | Refusal:
        """Make the document durable and the job real. `is_last` closes the job for documents."""
        ...

    async def abort(self) -> None:
        """Forget what was written since the last commit. May be called at any time."""
        ...


class JobService(Protocol):
    """What the site does with jobs."""

    async def queues(self) -> tuple[QueueView, ...]:
        """All queues, sorted by name. The first is the default that `lp` asks for."""
        ...

    async def queue(self, name: str) -> QueueView | None:
        """The queue of this name."""
        ...

    async def validate_job(self, request: JobRequest) -> Refusal | None:
        """Whether `begin_job` would refuse; nothing changes."""
        ...

    async def begin_job(
        self, request: JobRequest, document: DocumentInfo
    ) -> DocumentWriter | Refusal:
        """Open a writer for the document of a job that will exist when it is committed."""
        ...

    async def create_job(self, request: JobRequest) -> JobView | Refusal:
        """Make a job that waits for its document."""
        ...

    async def open_document(
        self, job_id: int, user_name: str, document: DocumentInfo
    ) -> DocumentWriter | Refusal:
        """Open a writer for the document of a created job."""
        ...

    async def close_job(self, job_id: int, user_name: str) -> JobView | Refusal:
        """Say that no further document comes. A job without any document is aborted."""
        ...

    async def job(self, job_id: int) -> JobView | None:
        """The job of this number, also when it is done, as long as the site remembers it."""
        ...

    async def jobs(
        self, queue_name: str | None, which: WhichJobs, user_name: str | None, limit: int
    ) -> tuple[JobView, ...]:
        """At most `limit` jobs: not completed ones oldest first, completed ones newest first.

        `queue_name` None means all queues; `user_name` None means everybody.
        """
        ...

    async def cancel(self, job_id: int, user_name: str) -> JobView | Refusal:
        """End the job without printing it."""
        ...

    async def hold(self, job_id: int, user_name: str, hold_until: str) -> JobView | Refusal:
        """Keep a job that is not printing yet."""
        ...

    async def release(self, job_id: int, user_name: str) -> JobView | Refusal:
        """Let go of a job held by `hold` or job-hold-until."""
        ...
