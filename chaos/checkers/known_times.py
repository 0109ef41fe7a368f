"""When an entry was surely there already, and since when it can be at all, by what clients did.

An entry is not older than the call that asked for it, and what is behind it in its journal is not
older either. An entry was there once somebody heard "yes" to it, and so was all before it. Entries
that nobody asked for, such as "printed", lie between those of others.

The wall clocks in the entries are not asked: they may be wrong by days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from chaos.checkers.track import NEVER
from chaos.history import Event, Operation, Outcome
from replication.entry_bodies import (
    BalanceAdjusted,
    Body,
    CopyFinished,
    CopyStarted,
    JobAccepted,
    JobDeleted,
    JobReleased,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.history import History

MS_US: Final = 1_000
ALWAYS: Final = -NEVER

Asked = tuple[str, str, str]
"""Where, what, and of what."""


def began_us(event: Event) -> float:
    """When it was asked, or up to a millisecond before, where the history is not finer."""
    return event.monotonic_ms * MS_US + (event.after_us or 0)


def ended_us(event: Event) -> float:
    """When the answer was heard, or a little later, likewise; never, where there was none."""
    if event.outcome is Outcome.UNKNOWN:
        return NEVER
    coarse_us = MS_US if event.after_us is None else 0
    return began_us(event) + event.latency_us + coarse_us


NAME_OF_EVENT: Final = {
    Operation.PRINT: "sha256",
    Operation.RELEASE: "job_uuid",
    Operation.DELETE: "job_uuid",
    Operation.COPY_START: "copy_uuid",
    Operation.COPY_FINISH: "copy_uuid",
    Operation.ADJUST: "request_id",
}


@dataclass(slots=True)
class Calls:
    """All calls for one effect."""

    began_us: float = NEVER
    """Of the first one that may have taken effect."""
    yes_us: list[float] = field(default_factory=list)
    """When each "yes" was heard, in order."""
    yes: list[Event] = field(default_factory=list)
    may: int = 0
    """How many may have taken effect: all but those that were refused."""
    asked: int = 0


def calls_of(history: History) -> dict[Asked, Calls]:
    """The calls by node, operation and name of what they are about."""
    found: defaultdict[Asked, Calls] = defaultdict(Calls)
    for event in sorted(history.events(*NAME_OF_EVENT), key=ended_us):
        name = event.text(NAME_OF_EVENT[event.operation])
        if not name:
            continue
        calls = found[event.node, event.operation.value, name]
        calls.asked += 1
        if event.outcome is Outcome.REFUSED:
            continue
        calls.may += 1
        calls.began_us = min(calls.began_us, began_us(event))
        if event.outcome is Outcome.OK:
            calls.yes_us.append(ended_us(event))
            calls.yes.append(event)
    return found


ASKED_FOR: Final[Mapping[type[Body], Operation]] = {
    JobAccepted: Operation.PRINT,
    JobReleased: Operation.RELEASE,
    JobDeleted: Operation.DELETE,
    CopyStarted: Operation.COPY_START,
    CopyFinished: Operation.COPY_FINISH,
    BalanceAdjusted: Operation.ADJUST,
}


def asked_by(node: str, body: Body | None) -> Asked | None:
    """Which calls ask for this entry; None where no client does."""
    operation = None if body is None else ASKED_FOR.get(type(body))
    name = str(getattr(body, NAME_OF_EVENT[operation])) if operation else ""
    if isinstance(body, CopyFinished) and not (body.mono_pages or body.colour_pages):
        name = ""  # given up by the site itself
    return (node, operation.value, name) if operation and name else None


class KnownTimes:
    """Of one journal, whose entries are these, in order."""

    def __init__(
        self, node: str, entries: Sequence[Body | None], calls: dict[Asked, Calls]
    ) -> None:
        began, known = [], []
        self.saying: list[Event | None] = []
        """The "yes" by which each entry was known, where one was heard."""
        seen: defaultdict[Asked, int] = defaultdict(int)
        for body in entries:
            asked = asked_by(node, body)
            found = calls.get(asked) if asked else None
            which = seen[asked] if asked else 0
            if asked:
                seen[asked] += 1
            heard = found is not None and which < len(found.yes)
            began.append(found.began_us if found and found.may else ALWAYS)
            known.append(found.yes_us[which] if found and heard else NEVER)
            self.saying.append(found.yes[which] if found and heard else None)
        self._not_before_us = list(accumulate(began, max))
        self._known_us = list(accumulate(reversed(known), min))[::-1]

    def not_before_us(self, position: int) -> float:
        """Since when the site can be there at the earliest."""
        return self._not_before_us[position - 1] if position else ALWAYS

    def surely_us(self, when_us: float) -> int:
        """The last position that somebody had heard of by then."""
        return bisect_right(self._known_us, when_us)

    def perhaps_us(self, when_us: float) -> int:
        """The last position that can have been reached by then."""
        return bisect_left(self._not_before_us, when_us)
