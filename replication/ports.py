"""What `replication` and the servers need from the world, as small protocols, and the two kinds of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from failure_modes.vocabulary import Micros, MonotonicMs, WallMs

if TYPE_CHECKING:
    from replication.journal import Entry, JournalHead

__all__ = ["Clock", "JournalReader", "Micros", "MonotonicMs", "WallMs"]


class Clock(Protocol):
    """The two clocks of a node. They never mix: intervals use one, records the other."""

    def wall_ms(self) -> WallMs:
        """Milliseconds since 1970 in UTC; may jump. Only for what is stored, sent or shown."""
        ...

    def monotonic_ms(self) -> MonotonicMs:
        """Milliseconds since some moment; never goes back. Only for intervals."""
        ...


class JournalReader(Protocol):
    """A site's journal, as the uplink reads it. One epoch: the site's present one."""

    def head(self) -> JournalHead:
        """The last entry that is safe on the disk (seq 0 when there is none)."""
        ...

    def entries(self, first_seq: int, last_seq: int) -> Sequence[Entry]:
        """The entries first..last, in order, without holes; fewer where the journal ends."""
        ...

    async def wait_beyond(self, seq: int) -> None:
        """Return once the head is beyond `seq`; at once where it is already."""
        ...
