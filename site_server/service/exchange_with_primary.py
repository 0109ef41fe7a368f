"""The journal on its way up: what headquarters lacks, in order, whenever the link is up.

All decisions are in `replication.exchange`; here they meet the journal and the link. One task
sends; it sleeps until there is something to send and a window to send it in.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from replication.entry_bounds import BATCH_CHARS_MAX
from replication.exchange import BATCH_ENTRIES_MAX, PACKED_ENTRIES_MAX, Sender
from replication.messages import (
    UPLINK,
    Ack,
    Entries,
    Gap,
    Hello,
)
from replication.packed import SINCE, pack_texts
from replication.wire_entry import WireEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.journal import JournalReader
    from replication.link import Link
    from replication.messages import AnyFromPrimary, AnyFromSite, Welcome
    from replication.ports import Clock
    from replication.starts import Start

T = TypeVar("T")

ENTRY_CHARS: Final = 300
"""Of an entry on the wire beside its body: two hashes, the rest, and the names of the fields."""

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Some entries as they go out, how many they are, and about how many bytes."""

    message: AnyFromSite
    count: int
    size_bytes: int


class ExchangeWithPrimary:
    """Uploads the journal while `run` runs. A `LinkListener`."""

    def __init__(
        self, *, journal: JournalReader, link: Link, clock: Clock, start: Start | None = None
    ) -> None:
        """`start`: of this site; None where nobody counts them."""
        self._start = start
        self._journal = journal
        self._link = link
        self._clock = clock
        self._sender: Sender | None = None
        self._packs = False
        self._acked_seq = 0
        self._moved = asyncio.Event()
        self.trouble = ""
        """Why nothing more can be uploaded until a person has acted; '' where it can."""

    @property
    def wanted(self) -> int:
        """The last entry of the journal."""
        return self._journal.head().seq

    @property
    def done(self) -> int:
        """The last entry that headquarters has, as far as this process has heard; 0: unknown.

        For people and for the link's backlog only: money follows the replica's watermark.
        """
        return self._acked_seq

    def hello(self) -> Hello:
        """How this site greets headquarters."""
        head, start = self._journal.head(), self._start
        return Hello(
            start=start.number if start else None,
            instance=start.instance if start else None,
            former=list(start.former) if start else [],
            site_name=head.site_name,
            epoch=head.epoch,
            journal_seq=head.seq,
            wall_ms=self._clock.wall_ms(),
            takes_deltas=True,
            uplink=UPLINK,
            kept_from_seq=self._journal.pruned_seq() + 1,
        )

    async def up(self, welcome: Welcome) -> None:
        """Begin where headquarters is."""
        self._lacks(welcome.watermark_seq + 1)
        self._packs = welcome.uplink >= SINCE
        self._acked_seq = welcome.watermark_seq
        self._move(Sender.starting_at(welcome.watermark_seq))

    async def heard(self, message: AnyFromPrimary) -> None:
        """Go on after an acknowledgement, go back for a gap."""
        if self._sender is None:
            return
        if isinstance(message, Ack):
            self._move(self._sender.acked(message.seq))
        elif isinstance(message, Gap):
            log.warning("headquarters asks for the journal from entry %d again", message.want_seq)
            self._lacks(message.want_seq)
            self._move(self._sender.gap(message.want_seq))

    def down(self) -> None:
        """Nothing that was sent counts until headquarters says how far it is."""
        self._move(None)

    async def run(self) -> NoReturn:
        """Send whatever there is to send, until cancelled."""
        while True:
            moved = self._moved
            # One look for both: the writer's thread may commit between two of them.
            head_seq = self._journal.head().seq
            if not await self._send_next(head_seq):
                await self._wait(moved, head_seq)

    async def _send_next(self, head_seq: int) -> bool:
        """Whether a batch went out."""
        sender = self._sender
        entries_max = PACKED_ENTRIES_MAX if self._packs else BATCH_ENTRIES_MAX
        wanted = None if sender is None else sender.next_range(head_seq, entries_max)
        if sender is None or wanted is None:
            return False
        if self._lacks(wanted[0]):
            return False
        batch = self._packed(*wanted) if self._packs else self._plain(*wanted)
        if batch is None:
            return False
        # Before the await: an answer may come while the rest is still on its way out.
        self._sender = sender.sent(wanted[0] + batch.count - 1, batch.size_bytes)
        return await self._link.send(batch.message)

    def _packed(self, first_seq: int, last_seq: int) -> _Batch | None:
        texts = _bounded(self._journal.texts(first_seq, last_seq), len)
        if not texts:
            return None
        message = pack_texts(texts)
        return _Batch(message=message, count=len(texts), size_bytes=len(message.data))

    def _plain(self, first_seq: int, last_seq: int) -> _Batch | None:
        entries = _bounded(self._journal.entries(first_seq, last_seq), lambda one: len(one.body))
        if not entries:
            return None
        return _Batch(
            message=Entries(entries=[WireEntry.of(entry) for entry in entries]),
            count=len(entries),
            size_bytes=sum(len(entry.body) + ENTRY_CHARS for entry in entries),
        )

    def _lacks(self, want_seq: int) -> bool:
        """Whether headquarters asks for what was pruned here: then the channel stands still.

        To go on behind the hole is impossible: the next entry names a past that headquarters lacks.
        """
        pruned_seq = self._journal.pruned_seq()
        trouble = ""
        if want_seq <= pruned_seq:
            trouble = (
                f"Headquarters asks for entry {want_seq} of this journal, but entries up to "
                f"{pruned_seq} were pruned here because it had them: it was restored from a backup "
                "older than its backup window. Restore it from a newer backup. Until then nothing "
                "is uploaded, everything is kept, and the site goes on deciding."
            )
        if trouble and not self.trouble:
            log.error("%s", trouble)
        if self.trouble and not trouble:
            log.info("headquarters asks again for what is here")
        self.trouble = trouble
        return bool(trouble)

    async def _wait(self, moved: asyncio.Event, head_seq: int) -> None:
        """Until the link or its window moves, or the journal grows while there is a link."""
        if self._sender is None or self._sender.sent_seq < head_seq or self.trouble:
            await moved.wait()
            return
        async with asyncio.TaskGroup() as group:
            growing = group.create_task(self._journal.wait_beyond(self._sender.sent_seq))
            moving = group.create_task(moved.wait())
            done, _ = await asyncio.wait({growing, moving}, return_when=asyncio.FIRST_COMPLETED)
            for task in {growing, moving} - done:
                task.cancel()

    def _move(self, sender: Sender | None) -> None:
        self._sender = sender
        if sender is not None:
            self._acked_seq = sender.acked_seq
        self._moved.set()
        self._moved = asyncio.Event()


def _bounded(entries: Sequence[T], chars: Callable[[T], int]) -> Sequence[T]:
    """The first of `entries`, as many as one message takes, but at least one."""
    sizes = accumulate(chars(entry) for entry in entries)
    fitting = sum(1 for size in sizes if size <= BATCH_CHARS_MAX)
    return entries[: max(1, fitting)]
