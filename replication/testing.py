"""Doubles of the ports of `replication`, for tests, chaos and bench."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from replication.errors import StorageFullError
from replication.journal import Entry, JournalHead, next_entry
from replication.packed import entry_text
from replication.ports import MonotonicMs, WallMs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.entry_bodies import Body
    from replication.messages import AnyFromSite
    from replication.registers import Batch, Versions


class ManualClock:
    """A `Clock` that stands still until told: `advance` moves both, `jump` the wall clock."""

    def __init__(self, *, wall_ms: int = 1_800_000_000_000, monotonic_ms: int = 1_000) -> None:
        self._wall_ms = wall_ms
        self._monotonic_ms = monotonic_ms

    def wall_ms(self) -> WallMs:
        """The wall time that was last set."""
        return WallMs(self._wall_ms)

    def monotonic_ms(self) -> MonotonicMs:
        """The monotonic time that was last set."""
        return MonotonicMs(self._monotonic_ms)

    def advance(self, ms: int) -> None:
        """Let `ms` (>= 0) pass."""
        self._wall_ms += ms
        self._monotonic_ms += ms

    def jump(self, ms: int) -> None:
        """Set the wall clock forward or back by `ms`, as a bad time server would."""
        self._wall_ms += ms


class MemoryJournal:
    """A `JournalReader` in memory. `append` is what a site does when something happens."""

    def __init__(self, *, site_name: str, epoch: int = 1, wall_ms: int = 1_800_000_000_000) -> None:
        self._entries: list[Entry] = []
        self._empty = JournalHead(site_name=site_name, epoch=epoch)
        self._wall_ms = wall_ms
        self._pruned_seq = 0
        self._grown = asyncio.Event()

    def append(self, body: Body) -> Entry:
        """The new last entry."""
        entry = next_entry(self.head(), body, WallMs(self._wall_ms))
        self._entries.append(entry)
        self._grown.set()
        self._grown = asyncio.Event()
        return entry

    def cut_back(self, seq: int) -> None:
        """Forget everything beyond `seq`, as a disk that was rolled back."""
        del self._entries[seq:]

    def prune(self, seq: int) -> None:
        """Forget everything up to `seq`, as a site does with what headquarters holds for good."""
        self._pruned_seq = seq

    def head(self) -> JournalHead:
        """The last entry."""
        return self._entries[-1].head if self._entries else self._empty

    def entries(self, first_seq: int, last_seq: int) -> Sequence[Entry]:
        """The entries first..last."""
        return tuple(self._entries[max(first_seq - 1, self._pruned_seq) : last_seq])

    def texts(self, first_seq: int, last_seq: int) -> Sequence[str]:
        """The same as they travel."""
        return [entry_text(entry) for entry in self.entries(first_seq, last_seq)]

    def pruned_seq(self) -> int:
        """The last entry that is gone."""
        return self._pruned_seq

    async def wait_beyond(self, seq: int) -> None:
        """Return once there is an entry beyond `seq`."""
        while self.head().seq <= seq:
            await self._grown.wait()


class FullRegisters:
    """A `RegistersPort` whose disk is full: nothing is here and nothing can be kept."""

    def __init__(self) -> None:
        self.versions: Versions = {}
        self.refused = 0

    async def newer_than(self, versions: Versions) -> Batch | None:
        """There is nothing."""
        del versions
        return None

    async def merge(self, batch: Batch) -> None:
        """Refuse."""
        del batch
        self.refused += 1
        raise StorageFullError

    async def wait_beyond(self, versions: Versions) -> None:
        """Nothing ever comes up."""
        del versions
        await asyncio.Event().wait()


class RecordingLink:
    """A `Link` that keeps what is sent; `is_up` False: nothing goes out."""

    def __init__(self) -> None:
        self.sent: list[AnyFromSite] = []
        self.is_up = True
        self._sent_one = asyncio.Event()

    async def send(self, message: AnyFromSite) -> bool:
        """Whether the link is up."""
        if self.is_up:
            self.sent.append(message)
            self._sent_one.set()
            self._sent_one = asyncio.Event()
        return self.is_up

    async def wait_for_sent(self, count: int) -> None:
        """Return once that many messages went out."""
        while len(self.sent) < count:
            await self._sent_one.wait()
