"""The journal on its way up: what headquarters lacks, in order, whenever the link is up.

All decisions are in `replication.exchange`; here they meet the journal and the link. One task
sends; it sleeps until there is something to send and a window to send it in.
"""

from __future__ import annotations

import asyncio
import logging
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NoReturn

from replication.exchange import Sender
from replication.messages import (
    BATCH_CHARS_MAX,
    Ack,
    Entries,
    Gap,
    Hello,
    WireEntry,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.journal import Entry, JournalReader
    from replication.link import Link
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock

log: Final = logging.getLogger(__name__)


class ExchangeWithPrimary:
    """Uploads the journal while `run` runs. A `LinkListener`."""

    def __init__(self, *, journal: JournalReader, link: Link, clock: Clock) -> None:
        self._journal = journal
        self._link = link
        self._clock = clock
        self._sender: Sender | None = None
        self._acked_seq = 0
        self._moved = asyncio.Event()

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
        head = self._journal.head()
        return Hello(
            site_name=head.site_name,
            epoch=head.epoch,
            journal_seq=head.seq,
            wall_ms=self._clock.wall_ms(),
            takes_deltas=True,
        )

    async def up(self, welcome: Welcome) -> None:
        """Begin where headquarters is."""
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
        wanted = None if sender is None else sender.next_range(head_seq)
        if sender is None or wanted is None:
            return False
        batch = _bounded(self._journal.entries(*wanted))
        if not batch:
            return False
        # Before the await: an answer may come while the rest is still on its way out.
        self._sender = sender.sent(batch[-1].seq)
        return await self._link.send(Entries(entries=[WireEntry.of(entry) for entry in batch]))

    async def _wait(self, moved: asyncio.Event, head_seq: int) -> None:
        """Until the link or its window moves, or the journal grows while there is a link."""
        if self._sender is None or self._sender.sent_seq < head_seq:
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


def _bounded(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The first of `entries`, as many as one message takes, but at least one."""
    sizes = accumulate(len(entry.body) for entry in entries)
    fitting = sum(1 for size in sizes if size <= BATCH_CHARS_MAX)
    return entries[: max(1, fitting)]
