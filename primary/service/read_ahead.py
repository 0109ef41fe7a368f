"""What a site says, in order, the next messages read while the one before them is dealt with.

Theory of operation
-------------------
To read a batch (unpack, check each hash and each body) takes this thread as long as the ledger's
takes to write one, and while that writes this one would wait. So a task of its own hears the site,
and makes what it hears ready. It hears nothing more while `READY_MAX` messages are ready, which
bounds the memory, and a primary that is slow does not read on. Batches that are ready together are
dealt with as one: they share the commits of both files, which cost the same for any number.

A message that is none is told in its turn: what was said before it counts.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from primary.service.arrival import Arrival, arrival, joined
from replication.errors import BadMessageError
from replication.journal import Entry
from replication.messages import AnyFromSite, Entries, PackedEntries
from replication.packed import unpack

READY_MAX: Final = 4
"""Messages; of packed ones so many as the site's window."""

Said = Arrival | AnyFromSite
"""A message; of one with entries the entries, read."""


class ReadAhead:
    """What the site of that journal says while `run` runs."""

    def __init__(
        self, hear: Callable[[], Awaitable[AnyFromSite | None]], site_name: str, epoch: int
    ) -> None:
        """`hear`: the next message; None once there is no more."""
        self._hear = hear
        self._site_name = site_name
        self._epoch = epoch
        self._room = asyncio.Semaphore(READY_MAX)
        self._ready: deque[Said | BadMessageError | None] = deque()
        self._there = asyncio.Event()

    async def run(self) -> None:
        """Hear the site until it says no more."""
        going = True
        while going:
            await self._room.acquire()
            message = await self._hear()
            self._ready.append(self._read(message))
            self._there.set()
            going = message is not None

    async def next(self) -> Said | None:
        """The next message; None once there is no more. Errors: `BadMessageError`."""
        while not self._ready:
            self._there.clear()
            await self._there.wait()
        if isinstance(self._ready[0], Arrival):
            return joined(list(self._batches()))
        said = self._taken()
        if isinstance(said, BadMessageError):
            raise said
        return said

    def _batches(self) -> Iterator[Arrival]:
        while self._ready and isinstance(self._ready[0], Arrival):
            said = self._taken()
            if isinstance(said, Arrival):
                yield said

    def _taken(self) -> Said | BadMessageError | None:
        self._room.release()
        return self._ready.popleft()

    def _read(self, message: AnyFromSite | None) -> Said | BadMessageError | None:
        try:
            match message:
                case PackedEntries():
                    return arrival(self._own(unpack(message)))
                case Entries():
                    mine = self._site_name, self._epoch
                    return arrival([each.entry(*mine) for each in message.entries])
                case _:
                    return message
        except BadMessageError as error:
            return error

    def _own(self, batch: list[Entry]) -> list[Entry]:
        """The batch, if all of it is of this journal."""
        if any(each.site_name != self._site_name or each.epoch != self._epoch for each in batch):
            raise BadMessageError("These are entries of another journal.")
        return batch
