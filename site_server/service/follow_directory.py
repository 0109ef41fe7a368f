"""The directory on its way down: from the primary's newest head to this site's replica.

Theory of operation
-------------------
One task, one question, asked again and again: is my position the newest head I know of? If not,
fetch what is missing (the head names it, or the manifest does) and have it applied. A head that
arrives meanwhile only changes what the next round aims at, so nothing queues up, and after a crash,
an outage or any error the same question is simply asked again.

The common case is short on purpose: headquarters sends a page delta, and it is applied. Where there
is none the head names one file, which is fetched over a kept-alive connection, verified and
applied; nothing is listed.

Before the first connection what the mirror holds is applied: a replica that was lost comes back
while the WAN is down.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NoReturn

from replication.adapters.ltx_fetch import NotThereError, WrongBytesError
from replication.errors import ReplicationError
from replication.manifest import Manifest, ManifestEntry
from replication.messages import Head, PushedDelta
from replication.plan import GapError
from site_server.service.attempts import Attempts
from site_server.service.follow_deltas import FollowDeltas
from site_server.service.frozen import Frozen
from site_server.service.known_heads import beyond, joined_heads
from site_server.service.other_directory import NEW_LINEAGE, SET_BACK

if TYPE_CHECKING:
    from replication.adapters.applier_process import Applied
    from replication.messages import AnyFromPrimary, Welcome
    from replication.position import Position
    from site_server.service.replica_ports import Applying, Listing, Mirroring, Wish

log: Final = logging.getLogger(__name__)

REBASE_MS: Final = 3_600_000
"""At least this long between two whole manifests that are asked for to renew the mirror's base."""
SMALL_BYTES: Final = 64 * 1024
"""Of the files that a head names: so few are fetched without asking for a delta first."""


class NotAppliedError(ReplicationError):
    """The replica did not reach the newest TXID of the mirror."""


class FollowDirectory:
    """Keeps the replica at the newest head while `run` runs. A `LinkListener`."""

    def __init__(
        self,
        *,
        mirror: Mirroring,
        applier: Applying,
        listing: Listing,
        position: Position | None,
        mirror_lineage: str | None = None,
    ) -> None:
        """`position`: of the replica; `mirror_lineage`: what the mirror holds if there is none."""
        self._mirror = mirror
        self._applier = applier
        self._listing = listing
        self.deltas = FollowDeltas(applier, listing)
        self._position = position
        self._lineage = mirror_lineage if position is None else position.lineage
        self._target: Head | None = None
        self.wish: Wish | None = None
        """For replica and mirror anew. It comes true once headquarters can be reached."""
        self.is_up = False
        self.set_back = ""
        """Why this replica does not follow headquarters' directory; '' where it does."""
        self._recovered = False
        self._mirror_is_lost = False
        self.frozen = Frozen()
        """Whether it stays where it is until this site is upgraded."""
        self._attempts = Attempts()
        self._rebased_s = -REBASE_MS / 1000
        self._moved = asyncio.Event()
        self._applied = asyncio.Event()

    @property
    def position(self) -> Position | None:
        """Where the replica stands."""
        return self._position

    @property
    def head_txid(self) -> int:
        """The newest TXID that headquarters told of; 0 before the first."""
        return 0 if self._target is None else self._target.txid

    @property
    def wanted(self) -> int:
        """The newest TXID headquarters told of; at least 1, for every directory has a first one.

        A frozen replica has all that it will ever have.
        """
        return self.done if self.frozen else max(1, self.head_txid)

    @property
    def done(self) -> int:
        """The TXID that the replica has of the newest head's lineage."""
        position, target = self._position, self._target
        if position is None or (target is not None and target.lineage != position.lineage):
            return 0
        return position.txid

    @property
    def applied(self) -> asyncio.Event:
        """Set once, when the replica is newer than now."""
        return self._applied

    async def wait_for(self, txid: int) -> None:
        """Return once the replica has that TXID."""
        while self.done < txid:
            await self._applied.wait()

    async def up(self, welcome: Welcome) -> None:
        """Aim at where headquarters is now."""
        self.is_up = True
        self._attempts.came_up()
        self.frozen.hear(welcome.lineage)
        self._aim(Head(lineage=welcome.lineage, txid=welcome.txid))
        self.set_back = ""
        if 0 < welcome.txid < self.done:
            self.set_back = SET_BACK.format(theirs=welcome.txid, ours=self.done)
            log.error("%s", self.set_back)
        elif self._position is not None and self._position.lineage != welcome.lineage:
            log.warning(NEW_LINEAGE, self._position.txid)

    async def heard(self, message: AnyFromPrimary) -> None:
        """Aim at a newer head; what leads to the one before still leads there."""
        if isinstance(message, Head):
            self._aim(joined_heads(self._target, message))
        elif isinstance(message, PushedDelta) and self._target is not None:
            # One that cannot be read says at least that there is something newer: ask what.
            step = self.deltas.take(message)
            txid = self.head_txid + 1 if step is None else max(self.head_txid, step.txid)
            self._aim(Head(lineage=self._target.lineage, txid=txid))

    def down(self) -> None:
        """Nothing can be fetched now."""
        self.is_up = False
        self.deltas.forget()

    async def run(self) -> NoReturn:
        """Follow until cancelled."""
        while True:
            moved = self._moved
            if self.is_up and self.wish is not None and self.wish.wanted and not self.frozen:
                going = self._recovered = await self._attempts.survives(self._make_anew)
            elif self.is_up and self._mirror_is_lost and not self.frozen:
                going = await self._attempts.survives(self._refill)
            elif self.is_up and self._is_behind():
                going = self._recovered = await self._attempts.survives(self._catch_up)
            elif not self._recovered:
                going = self._recovered = await self._attempts.survives(self._recover)
            else:
                await moved.wait()
                going = True
            if not going:
                await self._attempts.wait(moved)

    def look_again(self) -> None:
        """Something is to be done that no head tells of: apply, and see."""
        self._recovered = False
        self._attempts.came_up()
        self._wake()

    def refill(self) -> None:
        """The mirror vanished: fetch it anew, as soon as headquarters can be reached."""
        self._mirror_is_lost = True
        self.look_again()

    async def _refill(self) -> None:
        await self._mirror.reload()
        await self._mirror.pull(await self._listing.manifest(0))
        self._mirror_is_lost = False

    async def _make_anew(self) -> None:
        """Replica and mirror from headquarters' files; the old replica answers until then."""
        manifest = await self._listing.manifest(0)
        if manifest.lineage == self._lineage and manifest.head_txid < self.done:
            raise NotAppliedError("Headquarters' store is behind this replica: nothing is anew.")
        await self._mirror.renew(manifest)
        await self._take(await self._applier.rebuild(manifest.lineage), manifest.lineage)
        if self.wish is not None and not self.frozen:
            self.wish.granted()
        log.info("replica and mirror were made anew, at TXID %d", self.done)

    async def _recover(self) -> None:
        """Apply what a former life fetched."""
        if self._lineage is not None:
            await self._apply(self._lineage, None)

    async def _catch_up(self) -> None:
        """One round. Each source knows more than the one before it, and costs more."""
        if await self._by_deltas():
            await self._renew_base()
            return
        trouble: ReplicationError | None = None
        for source in (self._named_by_head, self._after_position, self._whole):
            manifest = await source()
            if manifest is None:
                continue
            try:
                await self._mirror.pull(manifest)
                await self._apply(manifest.lineage, manifest.head_txid)
            except (GapError, NotThereError, WrongBytesError, NotAppliedError) as error:
                trouble = error
                continue
            await self._renew_base()
            return
        if trouble is not None:
            raise trouble

    async def _by_deltas(self) -> bool:
        """Whether page deltas led to the head."""
        position, target = self._position, self._target
        if position is None or target is None or position.lineage != target.lineage:
            return False
        files_bytes = sum(file.size_bytes for file in target.files)
        may_fetch = not target.files or files_bytes > SMALL_BYTES
        led = await self.deltas.lead(position, target.txid, may_fetch=may_fetch)
        if led is None:
            return False
        reached, name = led
        self._stand_at(reached)
        await self._mirror.adopt(reached.lineage, name)
        await self._mirror.applied(reached)
        return self.done >= target.txid

    async def _named_by_head(self) -> Manifest | None:
        head = self._target
        if head is None or not head.files:
            return None
        entries = tuple(ManifestEntry.of_wire(file) for file in head.files)
        manifest = Manifest(lineage=head.lineage, entries=entries)
        return manifest if manifest.head_txid == head.txid else None

    async def _after_position(self) -> Manifest | None:
        return await self._listing.manifest(self.done) if self.done else None

    async def _whole(self) -> Manifest | None:
        return await self._listing.manifest(0)

    async def _apply(self, lineage: str, head_txid: int | None) -> None:
        await self._take(await self._applier.apply(lineage, head_txid), lineage)

    async def _take(self, outcome: Applied, lineage: str) -> None:
        self.frozen.freeze(outcome.needs_reader, lineage)
        if outcome.position is not None:
            self._stand_at(outcome.position)
            await self._mirror.applied(outcome.position)
        elif self._position is not None and outcome.needs_reader is None:
            self._position = None
            self._mirror.forget_applied()
            await self._mirror.reload()
        if outcome.refused:
            await self._mirror.drop(outcome.refused)
            raise NotAppliedError(f"Damaged files are fetched anew: {', '.join(outcome.refused)}.")
        if outcome.gap is not None:
            raise NotAppliedError(outcome.gap)

    async def _renew_base(self) -> None:
        """Give the mirror a newer snapshot to start from where it asks for one, at times."""
        now_s = asyncio.get_running_loop().time()
        due_s = self._rebased_s + REBASE_MS / 1000
        if self._mirror.overweight and now_s >= due_s:
            self._rebased_s = now_s
            await self._mirror.pull(await self._listing.manifest(0))

    def _aim(self, head: Head) -> None:
        self._target = head
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _stand_at(self, position: Position) -> None:
        self._position, self._lineage = position, position.lineage
        if self._target is not None:
            self._target = beyond(self._target, self.done)
        self._applied.set()
        self._applied = asyncio.Event()

    def _is_behind(self) -> bool:
        is_stopped = self.set_back or self.frozen
        return not is_stopped and self.done < self.head_txid
