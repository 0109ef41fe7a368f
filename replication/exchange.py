"""The exchange of the journal, both ends, without any I/O.

Theory of operation
-------------------
The site sends its entries in order, several batches under way at once, and forgets what it sent
whenever the link breaks: after each connection the primary says how far it is, and sending starts
there. So a cut in the middle of any byte costs what was under way, and that is bounded, by entries
and by bytes. The primary applies the next entry, skips what it has, and asks for the gap otherwise.
Both ends may repeat anything at any time; nothing takes effect twice, because only watermark + 1 is
ever applied.

A primary that is slow does not read on. Then nothing is acknowledged, the window fills, and the
site waits, with its journal on its disk: that is all the back-pressure there is, and all it needs.

An entry that names another past than the primary knows is not a gap but a fork: the site's disk was
cloned or rolled back. No retry heals that, so the site is fenced until a person has looked.

The acknowledgement moves only the *sending* position. What a person sees of their money follows the
watermark in the replica, never the acknowledgement (architecture.md, "Exact balances").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from replication.journal import Entry, JournalHead, follows, hash_of
from replication.watermark import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH_ENTRIES_MAX: Final = 500
"""Entries in one plain message: about 250 kB, well below the link's message bound of 4 MiB."""
PACKED_ENTRIES_MAX: Final = 1_000
"""Entries in one packed message; each message is a transaction of the ledger, and one of the
directory, whose cost is the less by entry."""
WINDOW_ENTRIES_MAX: Final = 12_000
"""Entries sent and not yet acknowledged: three times what headquarters puts into one transaction
(`primary.service.read_ahead`), so that it always has the next ones to read. The site's end holds
none of them in memory."""
WINDOW_BYTES_MAX: Final = 2 * 1024 * 1024
"""The same in bytes on the wire, but one batch may always go. It is what a cut costs at most;
twelve packed batches are about 720 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The site's end, one epoch: the primary has `acked_seq`, up to `sent_seq` went out.

    `under_way` are the batches between the two, as (last number, bytes on the wire).
    """

    acked_seq: int
    sent_seq: int
    under_way: tuple[tuple[int, int], ...] = ()

    @property
    def under_way_bytes(self) -> int:
        """Bytes that went out and are not acknowledged."""
        return sum(size_bytes for _, size_bytes in self.under_way)

    @classmethod
    def starting_at(cls, watermark_seq: int) -> Sender:
        """A sender on a new connection, told by the primary how far it is."""
        return cls(acked_seq=watermark_seq, sent_seq=watermark_seq)

    def next_range(
        self, journal_seq: int, entries_max: int = BATCH_ENTRIES_MAX
    ) -> tuple[int, int] | None:
        """The first and last number to send now; None while the window is full or all is sent."""
        if self.under_way_bytes >= WINDOW_BYTES_MAX:
            return None
        first = self.sent_seq + 1
        last = min(
            journal_seq,
            self.sent_seq + entries_max,
            self.acked_seq + WINDOW_ENTRIES_MAX,
        )
        return (first, last) if first <= last else None

    def sent(self, last_seq: int, size_bytes: int = 0) -> Sender:
        """After a range went out as so many bytes."""
        if last_seq <= self.sent_seq:
            return self
        return replace(self, sent_seq=last_seq, under_way=(*self.under_way, (last_seq, size_bytes)))

    def acked(self, seq: int) -> Sender:
        """After the primary confirmed everything up to `seq`; late news changes nothing."""
        acked = max(self.acked_seq, seq)
        return Sender(
            acked_seq=acked,
            sent_seq=max(self.sent_seq, acked),
            under_way=tuple(batch for batch in self.under_way if batch[0] > acked),
        )

    def gap(self, want_seq: int) -> Sender:
        """After the primary asked for `want_seq`: send again from there, however far back.

        A primary restored from a backup asks for numbers that it once confirmed.
        """
        return Sender(acked_seq=min(self.acked_seq, want_seq - 1), sent_seq=want_seq - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a batch comes to: entries to apply in order, then the answer.

    `gap_seq` is the number to ask for; `fork` says why the site must be fenced. At most one is set.
    """

    apply: tuple[Entry, ...] = ()
    gap_seq: int | None = None
    fork: str | None = None


def receive(
    batch: Sequence[Entry], head: JournalHead, hashes: Sequence[str] | None = None
) -> Received:
    """What the primary does with `batch` when `head` is the last entry that it has.

    `hashes` are those that the entries must carry, where somebody has worked them out before.
    """
    apply: list[Entry] = []
    last: JournalHead | Entry = head
    for entry, own_hash in zip(batch, hashes or map(hash_of, batch), strict=True):
        match judge(entry.seq, last.seq):
            case Verdict.APPLY:
                if not follows(entry, last, own_hash):
                    return Received(apply=tuple(apply), fork=_why_not(entry, own_hash))
                apply.append(entry)
                last = entry
            case Verdict.SKIP:
                if entry.seq == last.seq and entry.entry_hash != last.entry_hash:
                    return Received(
                        apply=tuple(apply),
                        fork=_fork_text(entry, "is another entry here"),
                    )
            case Verdict.GAP:
                return Received(apply=tuple(apply), gap_seq=last.seq + 1)
    return Received(apply=tuple(apply))


def _why_not(entry: Entry, own_hash: str) -> str:
    if entry.entry_hash != own_hash:
        return _fork_text(entry, "does not carry its own hash")
    return _fork_text(entry, "names another past than the one received before")


def _fork_text(entry: Entry, what: str) -> str:
    return (
        f"Entry {entry.seq} of site {entry.site_name}, epoch {entry.epoch}, {what}: "
        "the site's disk was cloned or rolled back, or its journal is damaged."
    )
