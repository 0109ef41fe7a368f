"""What the history says of disasters after which a promise is weaker, so that checkers can tell.

Two of them make somebody forget what happened, and no program can know it again.

* **A site has two pasts** (its disk was copied, or put back). Whatever was not at its end when the
  disk was copied is in both: a job that one past printed is held in the other. The site that goes
  on has one of them on its disk, and headquarters' ledger has both. Where the disk was put back,
  what was not handed in by then is lost, too (docs/operations/clones.md).
* **Headquarters' ledger was set back** to a backup: what it alone had since is lost, its own doings
  and what a copy of a site had handed in before it was switched off (docs/operations/restore.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.checkers.entries import body_of
from chaos.history import Fault, FaultKind
from replication.entry_bodies import (
    CopyFinished,
    CopyStarted,
    JobAccepted,
    JobDeleted,
    JobExpired,
    JobPrinted,
    JobPrintedLate,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.history import Event, History
    from replication.entry_bodies import Body
    from replication.journal import Entry

BEGINS: Final = (JobAccepted, CopyStarted)
ENDS: Final = (JobPrinted, JobPrintedLate, JobDeleted, JobExpired, CopyFinished)
PARTED: Final = (FaultKind.CLONED, FaultKind.ROLLED_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPasts:
    """The pasts of a site parted behind entry `seq` of `epoch`, and are one from `until_epoch` on.

    From `as_of_ms` to `at_ms` is what a disk that was put back has forgotten; None: it was copied.
    """

    site_name: str
    epoch: int
    seq: int
    until_epoch: int
    as_of_ms: int
    at_ms: int | None
    one_again_ms: int = 0

    def is_before(self, entry: Entry) -> bool:
        """Whether both pasts have this entry."""
        return (entry.epoch, entry.seq) <= (self.epoch, self.seq)

    def has_forgotten(self, event: Event) -> bool:
        """Whether the site may have lost what it answered then."""
        if self.at_ms is None or event.node != self.site_name:
            return False
        ended_ms = event.monotonic_ms + event.latency_us / 1000
        return self.as_of_ms <= ended_ms and event.monotonic_ms <= self.at_ms

    def is_between(self, event: Event) -> bool:
        """Whether that may have been answered by the one that was switched off then."""
        ended_ms = event.monotonic_ms + event.latency_us / 1000
        is_here = event.node.partition("~")[0] == self.site_name
        return is_here and self.as_of_ms <= ended_ms and event.monotonic_ms <= self.one_again_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What headquarters alone had done in this time, it has forgotten."""

    node: str
    as_of_ms: int
    at_ms: int

    def covers(self, event: Event) -> bool:
        """Whether it may have forgotten what it answered then."""
        ended_ms = event.monotonic_ms + event.latency_us / 1000
        is_then = self.as_of_ms <= ended_ms and event.monotonic_ms <= self.at_ms
        return event.node == self.node and is_then


@dataclass(frozen=True, slots=True, kw_only=True)
class Disasters:
    """All of a history."""

    two_pasts: tuple[TwoPasts, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()

    def may_be_lost(self, event: Event) -> bool:
        """Whether a "yes" may rightly have left nothing behind."""
        return (
            any(each.has_forgotten(event) for each in self.two_pasts)
            or any(each.covers(event) for each in self.forgotten)
            or any(
                past.is_between(event) and each.as_of_ms <= past.one_again_ms <= each.at_ms
                for past in self.two_pasts
                for each in self.forgotten
            )
        )

    def open_when_parted(self, entries: Iterable[Entry]) -> frozenset[str]:
        """The jobs and copy sessions (UUIDs) of which a site has two pasts."""
        everything = list(entries)
        found: set[str] = set()
        for each in self.two_pasts:
            own = [entry for entry in everything if entry.site_name == each.site_name]
            begun = _uuids((entry for entry in own if entry.epoch < each.until_epoch), BEGINS)
            ended = _uuids((entry for entry in own if each.is_before(entry)), ENDS)
            found |= begun - ended
        return frozenset(found)


CALM: Final = Disasters()


def disasters_of(history: History) -> Disasters:
    """Those that are in this history."""
    parted: list[TwoPasts] = []
    forgotten: list[Forgotten] = []
    open_ones: dict[str, Fault] = {}
    for record in history.records:
        if not isinstance(record, Fault):
            continue
        if record.kind in PARTED:
            open_ones[record.node] = record
        elif record.kind is FaultKind.ONE_AGAIN and record.node in open_ones:
            parted.append(_two_pasts(open_ones.pop(record.node), record))
        elif record.kind is FaultKind.LEDGER_SET_BACK:
            as_of_ms, at_ms = map(int, record.what.split())
            forgotten.append(Forgotten(node=record.node, as_of_ms=as_of_ms, at_ms=at_ms))
    return Disasters(two_pasts=tuple(parted), forgotten=tuple(forgotten))


def _two_pasts(fault: Fault, healed: Fault) -> TwoPasts:
    as_of_ms, epoch, seq = map(int, fault.what.split())
    return TwoPasts(
        site_name=fault.node,
        epoch=epoch,
        seq=seq,
        until_epoch=int(healed.what),
        one_again_ms=healed.monotonic_ms,
        as_of_ms=as_of_ms,
        at_ms=fault.monotonic_ms if fault.kind is FaultKind.ROLLED_BACK else None,
    )


def _uuids(entries: Iterable[Entry], kinds: tuple[type[Body], ...]) -> set[str]:
    bodies = (body_of(entry) for entry in entries)
    return {
        str(getattr(body, "job_uuid", "") or getattr(body, "copy_uuid", ""))
        for body in bodies
        if isinstance(body, kinds)
    }
