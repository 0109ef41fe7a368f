"""The jobs of this site, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from failure_modes.job_lifecycle import TERMINAL, JobEvent, JobState, next_state
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Micros, WallMs
from site_server.store import tables
from site_server.store.numbers import next_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

FREE: Final = Micros(0)
OPEN_STATES: Final = tuple(state.value for state in JobState if state not in TERMINAL)
ENDED_STATES: Final = tuple(sorted(state.value for state in TERMINAL))
LET_OUT_STATES: Final = (
    JobState.RELEASING.value,
    JobState.UNKNOWN.value,
    JobState.PRINTED.value,
)
"""Paper came out, or may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job whose whole document is safe on this site's spool, or was.

    The columns of `tables.jobs` say what each field means. `revision` is set by the store.
    """

    job_uuid: str
    job_number: int
    queue_name: str
    user_name: str
    job_name: str
    state: JobState
    direct: bool
    hold_until: str
    document_name: str
    document_format: str
    document_bytes: int
    document_sha256: str
    copies: int
    sides: str
    colour_mode: str
    media: str | None
    print_quality: int | None
    orientation: int | None
    accepted_wall_ms: WallMs
    mono_pages: int | None = None
    colour_pages: int | None = None
    count_reason: str = ""
    for_manager: bool = False
    is_proven: bool = True
    chosen_payer: str = ""
    fence: int = 0
    printer_name: str = ""
    printer_job_id: int | None = None
    printed_sides: str | None = None
    printed_colour_mode: str | None = None
    payer: str = ""
    cost_micros: Micros = FREE
    charged_mono_pages: int = 0
    charged_colour_pages: int = 0
    unanswered: str = ""
    reason_code: str = ""
    reason_text: str = ""
    released_wall_ms: WallMs | None = None
    ended_wall_ms: WallMs | None = None
    revision: int = 0

    @property
    def pages(self) -> PageCount | None:
        """What the counter found, of one copy; None while it is not known or cannot be."""
        if self.mono_pages is None or self.colour_pages is None:
            return None
        return PageCount(mono=self.mono_pages, colour=self.colour_pages)

    @property
    def reservation_id(self) -> str:
        """Where the credit for this job is set aside while it is on its way to a printer."""
        return f"job:{self.job_uuid}"

    @property
    def is_open(self) -> bool:
        """Whether something can still happen to it."""
        return self.state not in TERMINAL

    def after(self, job_event: JobEvent, **changes: Any) -> Job:  # noqa: ANN401 - fields of this class
        """This job after `job_event`; raises `IllegalTransitionError` where that cannot happen."""
        return replace(self, state=next_state(self.state, job_event), **changes)


_COLUMNS: Final = tuple(field.name for field in fields(Job))
_SELECT: Final = select(*(tables.jobs.c[name] for name in _COLUMNS))
_BY_UUID: Final = _SELECT.where(tables.jobs.c.job_uuid == bindparam("job_uuid"))
_BY_NUMBER: Final = _SELECT.where(tables.jobs.c.job_number == bindparam("job_number"))
_OF_USER: Final = (
    _SELECT.where(
        tables.jobs.c.user_name == bindparam("user_name"), tables.jobs.c.state.in_(OPEN_STATES)
    )
    .order_by(tables.jobs.c.job_number)
    .limit(bindparam("limit"))
)
_IN_STATE: Final = (
    _SELECT.where(tables.jobs.c.state == bindparam("state"))
    .order_by(tables.jobs.c.accepted_wall_ms, tables.jobs.c.job_number)
    .limit(bindparam("limit"))
)
_DIRECT_HELD: Final = (
    _SELECT.where(tables.jobs.c.direct.is_(True), tables.jobs.c.state == JobState.HELD.value)
    .order_by(tables.jobs.c.job_number)
    .limit(bindparam("limit"))
)
_HELD_SINCE: Final = (
    _SELECT.where(
        tables.jobs.c.state.in_((JobState.ACCEPTED.value, JobState.HELD.value)),
        tables.jobs.c.accepted_wall_ms <= bindparam("before_wall_ms"),
    )
    .order_by(tables.jobs.c.accepted_wall_ms)
    .limit(bindparam("limit"))
)
_LISTING: Final = _SELECT.where(
    tables.jobs.c.job_number > bindparam("after_number"),
    tables.jobs.c.state.in_(bindparam("states", expanding=True)),
    or_(bindparam("queue_name") == "", tables.jobs.c.queue_name == bindparam("queue_name")),
    or_(bindparam("user_name") == "", tables.jobs.c.user_name == bindparam("user_name")),
).limit(bindparam("limit"))
_OLDEST_FIRST: Final = _LISTING.order_by(tables.jobs.c.job_number)
_NEWEST_FIRST: Final = _LISTING.order_by(
    tables.jobs.c.ended_wall_ms.desc(), tables.jobs.c.job_number.desc()
)
_CHANGED: Final = (
    _SELECT.where(tables.jobs.c.revision > bindparam("revision"))
    .order_by(tables.jobs.c.revision)
    .limit(bindparam("limit"))
)
_COUNT_OPEN: Final = (
    select(func.count()).select_from(tables.jobs).where(tables.jobs.c.state.in_(OPEN_STATES))
)
_COUNT_OPEN_BY_QUEUE: Final = (
    select(tables.jobs.c.queue_name, func.count())
    .where(tables.jobs.c.state.in_(OPEN_STATES))
    .group_by(tables.jobs.c.queue_name)
)
_COUNT_BY_STATE: Final = select(tables.jobs.c.state, func.count()).group_by(tables.jobs.c.state)
_OPEN_UUIDS: Final = select(tables.jobs.c.job_uuid).where(tables.jobs.c.state.in_(OPEN_STATES))
_LAST_LET_OUT: Final = select(func.max(tables.jobs.c.released_wall_ms)).where(
    tables.jobs.c.user_name == bindparam("user_name"),
    tables.jobs.c.document_sha256 == bindparam("document_sha256"),
    tables.jobs.c.state.in_(LET_OUT_STATES),
    tables.jobs.c.job_uuid != bindparam("job_uuid"),
)
_REVISION: Final = select(func.coalesce(func.max(tables.jobs.c.revision), 0))
_INSERT: Final = insert(tables.jobs)
_UPDATE: Final = update(tables.jobs).where(tables.jobs.c.job_uuid == bindparam("the_job_uuid"))
_PRUNE: Final = delete(tables.jobs).where(
    tables.jobs.c.state.in_(ENDED_STATES),
    tables.jobs.c.ended_wall_ms < bindparam("before_wall_ms"),
    tables.jobs.c.job_uuid.not_in(select(tables.offline_log.c.job_uuid)),
)


class Jobs:
    """The jobs, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, job_uuid: str) -> Job | None:
        """The job of this name."""
        return self._one(_BY_UUID, job_uuid=job_uuid)

    def numbered(self, job_number: int) -> Job | None:
        """The job with this IPP job-id."""
        return self._one(_BY_NUMBER, job_number=job_number)

    def open_of_user(self, user_name: str, limit: int) -> list[Job]:
        """The user's jobs that are not done, oldest first."""
        return self._many(_OF_USER, user_name=user_name, limit=limit)

    def in_state(self, state: JobState, limit: int) -> list[Job]:
        """Jobs in this state, oldest first."""
        return self._many(_IN_STATE, state=state.value, limit=limit)

    def direct_held(self, limit: int) -> list[Job]:
        """Held jobs of direct queues, oldest first."""
        return self._many(_DIRECT_HELD, limit=limit)

    def waiting_since(self, before_wall_ms: int, limit: int) -> list[Job]:
        """Jobs accepted at or before that time which nobody has released."""
        return self._many(_HELD_SINCE, before_wall_ms=before_wall_ms, limit=limit)

    def listing(self, *, ended: bool | None, limit: int, **only: str | int) -> list[Job]:
        """Open jobs oldest first, ended ones newest first; None is both, oldest first.

        `only`: of a `queue_name`, of a `user_name`, or those behind the number `after_number`.
        """
        states = {True: ENDED_STATES, False: OPEN_STATES, None: OPEN_STATES + ENDED_STATES}[ended]
        statement = _NEWEST_FIRST if ended else _OLDEST_FIRST
        every = {"queue_name": "", "user_name": "", "after_number": 0}
        return self._many(statement, states=states, limit=limit, **{**every, **only})

    def last_let_out(self, job: Job) -> WallMs | None:
        """When this user last let out the document of `job` in another job; None: not known."""
        values = {
            "user_name": job.user_name,
            "document_sha256": job.document_sha256,
            "job_uuid": job.job_uuid,
        }
        released_ms: WallMs | None = self._connection.execute(_LAST_LET_OUT, values).scalar_one()
        return released_ms

    def changed_after(self, revision: int, limit: int) -> list[Job]:
        """Jobs that changed after `revision`, in that order."""
        return self._many(_CHANGED, revision=revision, limit=limit)

    def count_open(self) -> int:
        """How many jobs are not done."""
        return int(self._connection.execute(_COUNT_OPEN).scalar_one())

    def count_by_state(self) -> dict[str, int]:
        """How many jobs stand where."""
        rows = self._connection.execute(_COUNT_BY_STATE)
        return {row.state: row[1] for row in rows}

    def count_open_by_queue(self) -> dict[str, int]:
        """How many jobs of each queue are not done."""
        rows = self._connection.execute(_COUNT_OPEN_BY_QUEUE)
        return {row.queue_name: row[1] for row in rows}

    def open_uuids(self) -> frozenset[str]:
        """The names of all jobs that are not done."""
        return frozenset(self._connection.execute(_OPEN_UUIDS).scalars())

    def revision(self) -> int:
        """The newest change of any job."""
        return int(self._connection.execute(_REVISION).scalar_one())

    def add(self, job: Job) -> Job:
        """Store a new job."""
        stored = replace(job, revision=next_number(self._connection, "revision"))
        self._connection.execute(_INSERT, _values(stored))
        return stored

    def save(self, job: Job) -> Job:
        """Store what became of a job."""
        stored = replace(job, revision=next_number(self._connection, "revision"))
        self._connection.execute(_UPDATE, {**_values(stored), "the_job_uuid": job.job_uuid})
        return stored

    def forget_ended_before(self, wall_ms: int) -> int:
        """Delete the rows of jobs that ended before that time; the journal keeps their story.

        What is printed and not charged yet stays: its row is the record.
        """
        return self._connection.execute(_PRUNE, {"before_wall_ms": wall_ms}).rowcount

    def _one(self, statement: Any, **values: object) -> Job | None:  # noqa: ANN401 - a Select
        row = self._connection.execute(statement, values).one_or_none()
        return None if row is None else _job(row)

    def _many(self, statement: Any, **values: object) -> list[Job]:  # noqa: ANN401 - a Select
        rows: Sequence[Row[Any]] = self._connection.execute(statement, values).all()
        return [_job(row) for row in rows]


def _job(row: Row[Any]) -> Job:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["state"] = JobState(values["state"])
    return Job(**values)


def _values(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in _COLUMNS} | {"state": job.state.value}
