"""What a former installation of this site had not handed in: it goes on in the present epoch.

Theory of operation
-------------------
A site that was fenced joins again, in the same data folder, and so gets a new epoch. Its journal of
the epoch before may hold entries that headquarters never got, and nobody will take them under the
old number: another copy of the disk may have used it. So they move to the end of the new journal,
with their time and their content.

What headquarters has already must not move, or it would count twice. Both journals are the same up
to some entry, and different from there on, since each entry names the hash of the one before. That
entry is searched for by asking headquarters for the hash at a number, each time in the middle of
what is left: twenty questions for a million entries. A piece of what lies beyond it is appended and
taken away in one transaction, so a crash costs a few questions.

A headquarters that was restored has forgotten what came after its backup, of former epochs, too. So
all of this is done again for each lineage of the directory: what it lacks now moves.

Rejected: to leave them out, and to make a person read them into headquarters by hand. They are
money.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from replication.adapters.downloads import LinkDownError
from replication.errors import ReplicationError

if TYPE_CHECKING:
    from replication.known_entry import KnownEntry
    from replication.messages import AnyFromPrimary, Welcome
    from site_server.store.site_store import SiteStore

log: Final = logging.getLogger(__name__)

RETRY_MS: Final = 5_000


class Knowing(Protocol):
    """Headquarters."""

    async def known_entry(self, epoch: int, seq: int) -> KnownEntry:
        """What it has of this site's journal of that epoch."""
        ...


class CarryOver:
    """Moves the entries of former epochs while `run` runs. A `LinkListener`."""

    def __init__(self, store: SiteStore, headquarters: Knowing) -> None:
        self._store = store
        self._headquarters = headquarters
        self._up = asyncio.Event()
        self._lineage = ""
        self._is_another = asyncio.Event()
        self._trouble = ""

    async def up(self, welcome: Welcome) -> None:
        """Headquarters can be asked."""
        if welcome.lineage != self._lineage:
            self._lineage = welcome.lineage
            self._is_another.set()
        self._up.set()

    async def heard(self, message: AnyFromPrimary) -> None:
        """Nothing that is said concerns this."""
        del message

    def down(self) -> None:
        """It cannot."""
        self._up.clear()

    async def run(self) -> NoReturn:
        """Move what there is, and look again where headquarters is another than before."""
        while True:
            await self._is_another.wait()
            self._is_another.clear()
            for epoch in self._store.former_epochs():
                await self._settle(epoch)

    async def _settle(self, epoch: int) -> None:
        is_settled = False
        while not is_settled:
            is_settled = await self._settled(epoch)
            await asyncio.sleep(0 if is_settled else RETRY_MS / 1000)

    async def _settled(self, epoch: int) -> bool:
        await self._up.wait()
        try:
            moved = await self._moved(epoch)
        except LinkDownError:
            return False
        except ReplicationError as error:
            if str(error) != self._trouble:
                log.warning("entries of epoch %d wait: %s", epoch, error)
            self._trouble = str(error)
            return False
        if moved:
            log.warning(
                "%d entries of epoch %d that headquarters never got are handed in again, in this "
                "epoch",
                moved,
                epoch,
            )
        return True

    async def _moved(self, epoch: int) -> int:
        """How many entries went over to the present epoch."""
        shared_seq = await self._shared_seq(epoch)
        moved = 0
        while piece := await self._store.carry(epoch, shared_seq):
            moved += piece
        return moved

    async def _shared_seq(self, epoch: int) -> int:
        """The last entry of that epoch that both have."""
        low, last = self._store.kept_range(epoch)
        if low == last:
            return last
        high = min(last, (await self._headquarters.known_entry(epoch, last)).head_seq)
        while low < high:
            middle = (low + high + 1) // 2
            here = self._store.kept_entry(epoch, middle)
            there = await self._headquarters.known_entry(epoch, middle)
            if here is not None and here.entry_hash == there.entry_hash:
                low = middle
            else:
                high = middle - 1
        return low
