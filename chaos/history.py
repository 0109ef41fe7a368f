"""What clients saw while a scenario ran: an append-only list, kept as JSON lines.

A checker judges only from this and from what was found at the end (`chaos.final_state`), never from
what a server says about itself on the way. An operation without an answer is `unknown`: nobody can
say whether it took effect, and a checker must accept both.

The list is written line by line while the scenario runs, so that a scenario that dies still leaves
what it saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping  # noqa: TC003 - pydantic reads the annotations
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import TypeAdapter

from replication.ports import Clock, MonotonicMs, WallMs  # noqa: TC001 - the same

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

Fact = str | int | bool


class Operation(StrEnum):
    """What a client asked for."""

    PRINT = "print"
    LOGIN = "login"
    LIST = "list"
    RELEASE = "release"
    DELETE = "delete"
    LOGOUT = "logout"
    COPY_START = "copy_start"
    COPY_FINISH = "copy_finish"
    ADJUST = "adjust"
    ADD_USER = "add_user"
    BALANCE = "balance"
    CALL = "call"
    """Somebody asked for one thing at headquarters' door for sites."""
    LINK = "link"
    """A connection of a site, from its call to its end."""
    REVOKE = "revoke"
    SHUT_OUT = "shut_out"
    """How many entries of a revoked site headquarters had, and had when that was lifted."""
    ADMIT = "admit"
    """A site joined, for the first time or again."""
    CLAIM = "claim"


class Outcome(StrEnum):
    """What the client knows of its operation: done, refused, or nothing."""

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


ANSWER_LOST: Final = "the answer was lost"
PROCESS_GONE: Final = "no answer: the process died"
NOT_BY_WAITING: Final = frozenset({ANSWER_LOST, PROCESS_GONE})
"""Reasons of an `unknown` outcome that a simulation knows, and that are no waiting of the site."""


class FaultKind(StrEnum):
    """What the scenario did to a node."""

    WAN_CUT = "wan_cut"
    WAN_SPOILED = "wan_spoiled"
    """Not cut, but slow, narrow, one-sided or broken in some other way."""
    WAN_HEALED = "wan_healed"
    KILLED = "killed"
    STARTED = "started"
    BEGAN = "began"
    """Anything else that lasts for a while: `what` names it."""
    ENDED = "ended"
    POWER_CUT = "power_cut"
    DISK_FULL = "disk_full"
    ROOM_MADE = "room_made"
    RESTORED = "restored"
    """Headquarters came back from what it was at an earlier moment."""
    LEDGER_SET_BACK = "ledger_set_back"
    """And its ledger with it."""
    CLONED = "cloned"
    ROLLED_BACK = "rolled_back"
    """A site's disk came back from what it was at an earlier moment."""
    ONE_AGAIN = "one_again"
    """Of two pasts of a site one goes on, in the epoch that is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One operation of one client at one node: its beginning, and how long the answer took.

    `facts` are what the client sent and what it learned; those of a call that was refused or never
    answered are only what it sent. `shown` are the jobs of an answer that lists jobs, and the state
    of each.
    """

    record: Literal["event"] = "event"
    operation: Operation
    node: str
    wall_ms: WallMs
    monotonic_ms: MonotonicMs
    latency_us: int
    outcome: Outcome
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    shown: Mapping[str, str] | None = None
    after_us: int | None = None
    """Microseconds of the beginning beyond `monotonic_ms`, where the clock is so fine."""

    def text(self, name: str) -> str:
        """The fact `name` as text; empty where the client did not learn it."""
        return str(self.facts.get(name, ""))

    def number(self, name: str) -> int:
        """The fact `name` as a number; 0 where the client did not learn it."""
        return int(self.facts.get(name, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that the scenario did to `node`; `what` names the part, for a reader."""

    record: Literal["fault"] = "fault"
    kind: FaultKind
    node: str
    wall_ms: WallMs
    monotonic_ms: MonotonicMs
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How large something at `node` was, larger than ever before, and how large it may be."""

    record: Literal["gauge"] = "gauge"
    node: str
    what: str
    value: int
    bound: int
    wall_ms: WallMs
    monotonic_ms: MonotonicMs


Record = Event | Fault | Gauge
_RECORD: Final[TypeAdapter[Record]] = TypeAdapter(Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that was seen and done, in the order in which it was written down."""

    records: tuple[Record, ...]

    def events(self, *operations: Operation) -> Iterator[Event]:
        """The events of these operations; of all where none is named."""
        for record in self.records:
            if isinstance(record, Event) and (not operations or record.operation in operations):
                yield record

    def faults(self, node: str) -> Iterator[Fault]:
        """What was done to `node`."""
        for record in self.records:
            if isinstance(record, Fault) and record.node == node:
                yield record

    def nodes(self) -> tuple[str, ...]:
        """Every node at which a client asked for something, in order of appearance."""
        return tuple(dict.fromkeys(event.node for event in self.events()))


class HistoryFile:
    """A history that is being written. `clock` stamps the faults; events bring their own times."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._records: list[Record] = []
        self._file = path.open("ab", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def event(self, event: Event) -> Event:
        """Write down what a client saw."""
        self._append(event)
        return event

    def fault(self, kind: FaultKind, node: str, what: str = "") -> None:
        """Write down that this was done to `node` just now."""
        self._append(
            Fault(
                kind=kind,
                node=node,
                what=what,
                wall_ms=self._clock.wall_ms(),
                monotonic_ms=self._clock.monotonic_ms(),
            )
        )

    def gauge(self, node: str, what: str, value: int, bound: int) -> None:
        """Write down how large something has become."""
        self._append(
            Gauge(
                node=node,
                what=what,
                value=value,
                bound=bound,
                wall_ms=self._clock.wall_ms(),
                monotonic_ms=self._clock.monotonic_ms(),
            )
        )

    def history(self) -> History:
        """Everything written so far."""
        return History(records=tuple(self._records))

    def _append(self, record: Record) -> None:
        self._file.write(_RECORD.dump_json(record) + b"\n")
        self._records.append(record)


def read_history(path: Path) -> History:
    """The history that `path` holds; a last line cut off by a crash is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return History(records=tuple(_RECORD.validate_json(line) for line in lines))
