"""What clients saw of money and of jobs: the reads of a history, each between two moments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.checkers.known_times import began_us, ended_us
from chaos.history import Operation, Outcome
from replication.entry_bodies import user_payer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos.history import Event, History

LISTED_MAX: Final = 100
"""A list of so many jobs may have been cut off."""
READS: Final = (Operation.LOGIN, Operation.BALANCE, Operation.LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An answer that shows something: a balance, or somebody's open jobs."""

    event: Event
    node: str
    began_us: float
    ended_us: float
    user_name: str
    micros: int | None = None
    aside_micros: int | None = None
    jobs: Mapping[str, str] | None = field(default=None)

    @property
    def payer(self) -> str:
        """Whose money it is."""
        return user_payer(self.user_name)


def reads_of(history: History) -> Iterator[Read]:
    """All of them, in the order in which they began."""
    for event in sorted(history.events(*READS), key=began_us):
        read = _read(event) if event.outcome is Outcome.OK else None
        if read is not None:
            yield read


def _read(event: Event) -> Read | None:
    user_name = event.text("user_name")
    shows_money = event.operation is not Operation.LIST and "balance_micros" in event.facts
    shows_jobs = event.shown is not None and len(event.shown) < LISTED_MAX
    if not user_name or not (shows_money or shows_jobs):
        return None
    return Read(
        event=event,
        node=event.node,
        began_us=began_us(event),
        ended_us=ended_us(event),
        user_name=user_name,
        micros=event.number("balance_micros") if shows_money else None,
        aside_micros=event.number("reserved_micros") if "reserved_micros" in event.facts else None,
        jobs=event.shown if shows_jobs else None,
    )
