"""A small true story for tests of the checkers: one site, one job, one copy session, all well.

Tests take it, plant one violation, and see it caught.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from chaos.final_state import (
    DocumentFound,
    FinalState,
    JobFound,
    Opening,
    PrimaryFound,
    SiteBalance,
    SiteFound,
    Watermark,
)
from chaos.history import Event, Fact, Fault, FaultKind, History, Operation, Outcome
from replication.entry_bodies import (
    BalanceAdjusted,
    Body,
    CopyFinished,
    JobAccepted,
    JobCounted,
    JobPrinted,
    JobReleased,
)
from replication.journal import Entry, JournalHead, next_entry
from replication.ports import Micros, MonotonicMs, WallMs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JOB: Final = "6f1c1fd2-3c0e-4c53-9d6a-0d8a6b9c0001"
COPY: Final = "6f1c1fd2-3c0e-4c53-9d6a-0d8a6b9c0002"
SHA256: Final = "ab" * 32
WALL_MS: Final = WallMs(1_800_000_000_000)
OPENING_MICROS: Final = Micros(5_000_000)
JOB_COST_MICROS: Final = 300_000
COPY_COST_MICROS: Final = 200_000
NOTHING: Final = Micros(0)
CREDIT_MICROS: Final = 1_000_000
CLOSING_MICROS: Final = Micros(OPENING_MICROS + CREDIT_MICROS - JOB_COST_MICROS - COPY_COST_MICROS)

ACCEPTED: Final = JobAccepted(
    job_uuid=JOB,
    user_name="ada",
    queue_name="oslo-secure",
    job_name="report",
    bytes=1000,
    sha256=SHA256,
)
COUNTED: Final = JobCounted(job_uuid=JOB, mono_pages=2, colour_pages=1)
RELEASED: Final = JobReleased(
    job_uuid=JOB, user_name="ada", printer_name="oslo-1", fence=1, cost_micros=JOB_COST_MICROS
)
PRINTED: Final = JobPrinted(
    job_uuid=JOB,
    user_name="ada",
    printer_name="oslo-1",
    fence=1,
    payer="user:ada",
    cost_micros=JOB_COST_MICROS,
    mono_pages=2,
    colour_pages=1,
    copies=1,
)
COPIED: Final = CopyFinished(
    copy_uuid=COPY,
    user_name="ada",
    printer_name="oslo-1",
    payer="user:ada",
    cost_micros=COPY_COST_MICROS,
    mono_pages=4,
    colour_pages=0,
)
OPENED: Final = BalanceAdjusted(payer="user:ada", amount_micros=OPENING_MICROS, comment="opening")
CREDITED: Final = BalanceAdjusted(
    payer="user:ada", amount_micros=CREDIT_MICROS, request_id="request-1"
)
DOCUMENT: Final = DocumentFound(
    printer_name="oslo-1", printer_job_id=1, file_name="1-report.pdf", sha256=SHA256, completed=True
)


def chain(site_name: str, bodies: Iterable[Body], epoch: int = 1) -> tuple[Entry, ...]:
    """A true journal that says `bodies` in order."""
    entries: list[Entry] = []
    head = JournalHead(site_name=site_name, epoch=epoch)
    for body in bodies:
        entries.append(next_entry(head, body, WALL_MS))
        head = entries[-1].head
    return tuple(entries)


def watermarks(entries: Sequence[Entry]) -> tuple[Watermark, ...]:
    """The watermark at the end of each journal among `entries`."""
    last = {(entry.site_name, entry.epoch): entry for entry in entries}
    return tuple(
        Watermark(site_name=site, epoch=epoch, seq=entry.seq, entry_hash=entry.entry_hash)
        for (site, epoch), entry in last.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened, in words that a test can change; `state` makes the final state of it."""

    site_bodies: tuple[Body, ...] = (ACCEPTED, COUNTED, RELEASED, PRINTED, COPIED)
    received: int | None = None
    balance_micros: Micros = CLOSING_MICROS
    shown_micros: Micros | None = None
    reserved_micros: Micros = NOTHING
    documents: tuple[DocumentFound, ...] = (DOCUMENT,)
    jobs: tuple[JobFound, ...] = field(default_factory=tuple)

    def state(self) -> FinalState:
        """The final state; `received` is how many of the site's entries the primary has."""
        headquarters = chain("primary", (OPENED, CREDITED))
        oslo = chain("oslo", self.site_bodies)
        ledger = headquarters + oslo[: self.received]
        shown = self.balance_micros if self.shown_micros is None else self.shown_micros
        return FinalState(
            opening=Opening(
                balances={"user:ada": OPENING_MICROS},
                watermarks=watermarks(headquarters[:1]),
            ),
            primary=PrimaryFound(
                balances={"user:ada": self.balance_micros},
                ledger_balances={"user:ada": self.balance_micros},
                entries=ledger,
                watermarks=watermarks(ledger),
            ),
            sites=(
                SiteFound(
                    site_name="oslo",
                    balances={
                        "user:ada": SiteBalance(
                            effective_micros=Micros(shown - self.reserved_micros),
                            reserved_micros=self.reserved_micros,
                        )
                    },
                    entries=oslo,
                    jobs=self.jobs,
                ),
            ),
            documents=self.documents,
        )


def event(
    operation: Operation,
    *,
    at_ms: int = 1_000,
    latency_us: int = 4_000,
    outcome: Outcome = Outcome.OK,
    **facts: Fact,
) -> Event:
    """What a client saw at oslo."""
    return Event(
        operation=operation,
        node="oslo",
        wall_ms=WallMs(WALL_MS + at_ms),
        monotonic_ms=MonotonicMs(at_ms),
        latency_us=latency_us,
        outcome=outcome,
        facts=facts,
    )


def fault(kind: FaultKind, *, at_ms: int) -> Fault:
    """Something done to oslo."""
    return Fault(
        kind=kind, node="oslo", wall_ms=WallMs(WALL_MS + at_ms), monotonic_ms=MonotonicMs(at_ms)
    )


def told(*events: Event | Fault) -> History:
    """A history of just these."""
    return History(records=events)


HEARD: Final = told(
    event(Operation.PRINT, job_name="report", sha256=SHA256),
    event(Operation.RELEASE, job_uuid=JOB),
    event(Operation.COPY_FINISH, copy_uuid=COPY, cost_micros=COPY_COST_MICROS),
    replace(
        event(Operation.ADJUST, request_id="request-1", amount_micros=CREDIT_MICROS),
        node="primary",
    ),
    event(Operation.LOGIN, at_ms=2_000, user_name="ada", balance_micros=CLOSING_MICROS),
)
"""What clients heard in the story: all of it is "yes"."""
