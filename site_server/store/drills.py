"""Drills as rows: counters while one is on, and the reports of those that have ended.

The names of people stand here only as long as a drill lasts, to count each of them once; a report
holds numbers. Everything is bounded: one open drill, a fixed set of counters, so many names, so
many old reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from site_server.store.link_tables import drill_counts, drill_refusals, drills
from site_server.store.numbers import next_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from failure_modes.vocabulary import WallMs

REPORTS_KEPT: Final = 20
NAMED_MAX: Final = 2_000
"""Rows of refusals of one drill. Beyond it, who is refused is counted without a name."""
NOBODY: Final = ""


class Count(StrEnum):
    """What is counted in a drill."""

    LOGINS_ACCEPTED = "logins_accepted"
    LOGINS_REFUSED = "logins_refused"
    JOBS_TAKEN = "jobs_taken"
    JOBS_TURNED_AWAY = "jobs_turned_away"
    JOBS_RELEASED = "jobs_released"
    RELEASES_REFUSED = "releases_refused"
    PAGES_RELEASED = "pages_released"
    RELEASED_MICROS = "released_micros"
    COPIES_STARTED = "copies_started"
    COPIES_REFUSED = "copies_refused"
    COPY_PAGES_MAX = "copy_pages_max"
    COPY_MICROS_MAX = "copy_micros_max"
    OTHERWISE_THAN_ONLINE = "otherwise_than_online"
    REFUSED_ONLINE_ONLY = "refused_online_only"
    BY_EARLIER_RULES = "by_earlier_rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """That somebody was refused; `user_name` is empty where nobody knows who it was."""

    reason: str
    because_of_drill: bool
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted, since the last time that it was written down."""

    counts: Mapping[Count, int] = field(default_factory=dict)
    refusals: Mapping[Refusal, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalSum:
    """How often and how many people were refused for one reason."""

    reason: str
    because_of_drill: bool
    times: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDrill:
    """A drill that is on."""

    number: int
    started_wall_ms: WallMs


_OPEN: Final = select(drills.c.number, drills.c.started_wall_ms).where(
    drills.c.ended_wall_ms.is_(None)
)
_START: Final = insert(drills)
_END: Final = (
    update(drills)
    .where(drills.c.number == bindparam("the_number"))
    .values(ended_wall_ms=bindparam("wall_ms"), report=bindparam("report"))
)
_REPORTS: Final = (
    select(drills.c.report).where(drills.c.report.is_not(None)).order_by(drills.c.number.desc())
)
_PRUNE: Final = delete(drills).where(drills.c.number <= bindparam("last_number"))
_COUNT: Final = upsert(drill_counts)
_ADD_COUNT: Final = _COUNT.on_conflict_do_update(
    index_elements=["number", "name"],
    set_={"amount": drill_counts.c.amount + _COUNT.excluded.amount},
)
_REFUSAL: Final = upsert(drill_refusals)
_ADD_REFUSAL: Final = _REFUSAL.on_conflict_do_update(
    index_elements=["number", "reason", "because_of_drill", "user_name"],
    set_={"times": drill_refusals.c.times + _REFUSAL.excluded.times},
)
_NAMED: Final = (
    select(func.count())
    .select_from(drill_refusals)
    .where(drill_refusals.c.number == bindparam("number"))
)
_COUNTS: Final = select(drill_counts.c.name, drill_counts.c.amount).where(
    drill_counts.c.number == bindparam("number")
)
_SUMS: Final = (
    select(
        drill_refusals.c.reason,
        drill_refusals.c.because_of_drill,
        func.sum(drill_refusals.c.times).label("times"),
        func.count().filter(drill_refusals.c.user_name != NOBODY).label("people"),
    )
    .where(drill_refusals.c.number == bindparam("number"))
    .group_by(drill_refusals.c.reason, drill_refusals.c.because_of_drill)
    .order_by(drill_refusals.c.because_of_drill.desc(), drill_refusals.c.reason)
)
_FORGET: Final = tuple(
    delete(table).where(table.c.number == bindparam("the_number"))
    for table in (drill_counts, drill_refusals)
)


class Drills:
    """The drills, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self) -> OpenDrill | None:
        """The drill that is on."""
        row = self._connection.execute(_OPEN).one_or_none()
        return None if row is None else OpenDrill(**row._asdict())

    def start(self, wall_ms: WallMs) -> OpenDrill:
        """Begin a drill; the one that is on goes on."""
        found = self.open()
        if found is not None:
            return found
        number = next_number(self._connection, "drill")
        self._connection.execute(_START, {"number": number, "started_wall_ms": wall_ms})
        return OpenDrill(number=number, started_wall_ms=wall_ms)

    def add(self, number: int, counted: Counted) -> None:
        """Add to the counters of that drill."""
        for name, amount in counted.counts.items():
            values = {"number": number, "name": name.value, "amount": amount}
            self._connection.execute(_ADD_COUNT, values)
        named = self._connection.execute(_NAMED, {"number": number}).scalar_one()
        for refusal, times in counted.refusals.items():
            named += 1
            who = refusal.user_name if named <= NAMED_MAX else NOBODY
            values = {
                "number": number,
                "reason": refusal.reason,
                "because_of_drill": refusal.because_of_drill,
                "user_name": who,
                "times": times,
            }
            self._connection.execute(_ADD_REFUSAL, values)

    def counts(self, number: int) -> dict[Count, int]:
        """The counters of a drill that is on; a name that another version wrote is left out."""
        rows = self._connection.execute(_COUNTS, {"number": number})
        return {Count(row.name): row.amount for row in rows if row.name in set(Count)}

    def refusals(self, number: int) -> tuple[RefusalSum, ...]:
        """Who was refused in a drill that is on: first what is the drill's doing."""
        rows = self._connection.execute(_SUMS, {"number": number})
        return tuple(RefusalSum(**row._asdict()) for row in rows)

    def end(self, number: int, wall_ms: WallMs, report: str) -> None:
        """Keep the report of that drill in place of its counters, and forget the oldest one."""
        values = {"the_number": number, "wall_ms": wall_ms, "report": report}
        self._connection.execute(_END, values)
        for statement in _FORGET:
            self._connection.execute(statement, {"the_number": number})
        self._connection.execute(_PRUNE, {"last_number": number - REPORTS_KEPT})

    def reports(self) -> list[str]:
        """The reports of the drills that have ended, newest first."""
        return list(self._connection.execute(_REPORTS).scalars())
