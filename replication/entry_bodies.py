"""What each kind of journal entry says, and what it does to money.

A body is a frozen pydantic model; its canonical JSON is what is hashed, stored and sent.
`movement` is the one place that turns a fact into money, used by the site for its view and by the
primary for its ledger, so the two can never disagree.

A job is charged once, by `job_printed`, or by `job_printed_late` where nobody could be asked when
it was printed; a copy session once, by `copy_finished`. `job_released` and `copy_started` are
intents: they reserve at the site and move nothing. `allowance_returned` moves no money either: it
lowers what only this site may spend (`failure_modes.allowance`). What a device did by itself, while
nobody answered it, is charged by `card_used`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from replication.errors import BadEntryError
from replication.ports import Micros

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class EntryKind(StrEnum):
    """The kinds of entry of journal version 1."""

    JOB_ACCEPTED = "job_accepted"
    JOB_COUNTED = "job_counted"
    JOB_RELEASED = "job_released"
    JOB_PRINTED = "job_printed"
    JOB_PRINTED_LATE = "job_printed_late"
    JOB_NOT_PRINTED = "job_not_printed"
    JOB_UNKNOWN = "job_unknown"
    JOB_DELETED = "job_deleted"
    JOB_EXPIRED = "job_expired"
    COPY_STARTED = "copy_started"
    COPY_FINISHED = "copy_finished"
    CARD_USED = "card_used"
    BALANCE_ADJUSTED = "balance_adjusted"
    ALLOWANCE_RETURNED = "allowance_returned"


Name = Annotated[str, Field(min_length=1, max_length=255)]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Payer = Annotated[str, Field(pattern=r"^(user|account):.{1,255}$")]
Pages = Annotated[int, Field(ge=0, le=10_000_000)]
MONEY_MAX: Final = 10**15
Money = Annotated[int, Field(ge=0, le=MONEY_MAX)]
"""Micros of the currency unit: at most a thousand million units in one fact."""


class Body(BaseModel):
    """The base of every body: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobAccepted(Body):
    """A whole document is safe on the spool."""

    job_uuid: Uuid
    user_name: Name
    queue_name: Name
    job_name: Annotated[str, Field(max_length=1023)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class JobCounted(Body):
    """The document's pages are known, or it is known why they are not (`reason`)."""

    job_uuid: Uuid
    mono_pages: Pages
    colour_pages: Pages
    reason: Annotated[str, Field(max_length=255)] = ""


class JobReleased(Body):
    """Intent: this job may go to this printer once, under this fence number.

    `user_name` sent it. `by_user_name` is a manager who let it go, where one did; otherwise it is
    not written at all, so that an older reader understands whatever an older site could have said.
    """

    job_uuid: Uuid
    user_name: Name
    printer_name: Name
    fence: Annotated[int, Field(ge=1)]
    cost_micros: Money
    by_user_name: Annotated[Name | None, Field(exclude_if=lambda name: name is None)] = None


class JobPrinted(Body):
    """Outcome: the printer completed the job, and `payer` pays."""

    job_uuid: Uuid
    user_name: Name
    printer_name: Name
    fence: Annotated[int, Field(ge=1)]
    payer: Payer
    cost_micros: Money
    mono_pages: Pages
    colour_pages: Pages
    copies: Annotated[int, Field(ge=1, le=9999)]


class JobPrintedLate(JobPrinted):
    """A job was printed at `printed_wall_ms` while nobody answered; its bill is made up now.

    With a cost of 0 it is recorded and nobody pays: `reason` is then why.
    """

    printed_wall_ms: Annotated[int, Field(ge=-(2**53), le=2**53)]
    reason: Annotated[str, Field(max_length=64)]


class JobNotPrinted(Body):
    """Outcome: the printer surely did not print it. The job is held again and nobody pays."""

    job_uuid: Uuid
    printer_name: Name
    fence: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(max_length=1023)]


class JobUnknown(JobNotPrinted):
    """Nobody can say whether it was printed. A person must settle it."""


class JobDeleted(Body):
    """Its owner, or a manager, took the job away."""

    job_uuid: Uuid
    by_user_name: Name


class JobExpired(Body):
    """It was held longer than the policy allows."""

    job_uuid: Uuid


class CopyStarted(Body):
    """A person began to copy; the site reserved `reserved_micros`."""

    copy_uuid: Uuid
    user_name: Name
    printer_name: Name
    reserved_micros: Money


class CopyFinished(Body):
    """The copier counted the pages, and `payer` pays."""

    copy_uuid: Uuid
    user_name: Name
    printer_name: Name
    payer: Payer
    cost_micros: Money
    mono_pages: Pages
    colour_pages: Pages


class CardUsed(Body):
    """A device that nobody answered did this for a card, and `payer` pays.

    `matched` says whether the card had an owner when it was told. Without a `payer` nobody pays:
    nobody owned the card and no user stands for unknown ones, or it was told too late.
    """

    use_uuid: Uuid
    device_name: Name
    printer_name: Name
    card_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    used_wall_ms: Annotated[int, Field(ge=0, le=10**15)]
    payer: Payer | None
    cost_micros: Money
    mono_pages: Pages
    colour_pages: Pages
    matched: bool

    @model_validator(mode="after")
    def _nobody_pays_nothing(self) -> Self:
        if self.payer is None and self.cost_micros:
            raise ValueError("Somebody has to pay what is charged.")
        return self


class BalanceAdjusted(Body):
    """Headquarters changed a balance; a debit is negative."""

    payer: Payer
    amount_micros: Annotated[int, Field(ge=-(10**15), le=10**15)]
    comment: Annotated[str, Field(max_length=1023)] = ""
    request_id: Annotated[str, Field(max_length=255)] = ""


class AllowanceReturned(Body):
    """The site gives so much of its allowance back; from now on it spends no more of it."""

    payer: Payer
    amount_micros: Annotated[int, Field(ge=1, le=MONEY_MAX)]


BODY_OF_KIND: Final[Mapping[str, type[Body]]] = {
    EntryKind.JOB_ACCEPTED: JobAccepted,
    EntryKind.JOB_COUNTED: JobCounted,
    EntryKind.JOB_RELEASED: JobReleased,
    EntryKind.JOB_PRINTED: JobPrinted,
    EntryKind.JOB_PRINTED_LATE: JobPrintedLate,
    EntryKind.JOB_NOT_PRINTED: JobNotPrinted,
    EntryKind.JOB_UNKNOWN: JobUnknown,
    EntryKind.JOB_DELETED: JobDeleted,
    EntryKind.JOB_EXPIRED: JobExpired,
    EntryKind.COPY_STARTED: CopyStarted,
    EntryKind.COPY_FINISHED: CopyFinished,
    EntryKind.CARD_USED: CardUsed,
    EntryKind.BALANCE_ADJUSTED: BalanceAdjusted,
    EntryKind.ALLOWANCE_RETURNED: AllowanceReturned,
}
KIND_OF_BODY: Final[Mapping[type[Body], EntryKind]] = {
    body: EntryKind(kind) for kind, body in BODY_OF_KIND.items()
}
_READERS: Final[Mapping[str, Callable[[str], Body]]] = {
    kind: TypeAdapter(body).validator.validate_json for kind, body in BODY_OF_KIND.items()
}
"""Straight to pydantic's core: `model_validate_json` takes a quarter longer for so small a text."""
MOVING_NOTHING: Final = frozenset(
    body
    for body in KIND_OF_BODY
    if not issubclass(body, JobPrinted | CopyFinished | CardUsed | BalanceAdjusted)
)
"""Intents, refusals and the like: four of five. What is done for each entry asks for this first:
pydantic answers `isinstance` in Python, which takes five times as long as all the rest of it."""
BODY_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that one entry moves: a credit is positive, a debit negative."""

    payer: str
    amount_micros: Micros


def user_payer(user_name: str) -> str:
    """The payer that is this user."""
    return f"user:{user_name}"


def user_name_of(payer: str) -> str:
    """The user that this payer is; empty where it is none."""
    return payer.removeprefix("user:") if payer.startswith("user:") else ""


def account_payer(account_name: str) -> str:
    """The payer that is this shared account."""
    return f"account:{account_name}"


def parse_body(kind: str, text: str) -> Body:
    """The body that `text` holds; `BadEntryError` says what is wrong with it."""
    read = _READERS.get(kind)
    if read is None:
        raise BadEntryError(f"This version does not know the entry kind {kind!r}.")
    try:
        return read(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadEntryError(f"A {kind} entry is not as its kind promises: {problems}") from error


def movement(body: Body) -> Movement | None:
    """What this fact does to money; nothing for most kinds and for a cost of zero."""
    if type(body) in MOVING_NOTHING:
        return None
    match body:
        case JobPrinted() | CopyFinished() if body.cost_micros:
            return Movement(payer=body.payer, amount_micros=Micros(-body.cost_micros))
        case CardUsed(payer=str(payer)) if body.cost_micros:
            return Movement(payer=payer, amount_micros=Micros(-body.cost_micros))
        case BalanceAdjusted() if body.amount_micros:
            return Movement(payer=body.payer, amount_micros=Micros(body.amount_micros))
        case _:
            return None


def returned(body: Body) -> Movement | None:
    """What this fact does to the site's allowance of a payer, beside what it does to money."""
    if isinstance(body, AllowanceReturned):
        return Movement(payer=body.payer, amount_micros=Micros(-body.amount_micros))
    return None
