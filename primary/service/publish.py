"""From commit to site: the store's TXIDs, told to every link as soon as litestream has them.

Theory of operation
-------------------
After each commit of the directory `changed()` is called. The publisher has litestream sync, which
takes some milliseconds and answers with the store's TXID. Then it tells all links: those that take
page deltas the delta itself, if there is one, the others the new head and the files that lead to
it, so that a site can fetch them without asking what there is. Commits that arrive meanwhile share
the next sync. In the long run syncs begin at least `SYNC_PAUSE_MS` apart, for each makes a file
that is kept for a day, and while a journal drains, and each changes much, further, for they are
work for every site; but pauses that
were not needed are saved, a few of them, so that of two commits close together, of which one often
is the heartbeat, neither waits.

A link that does not keep up is not waited for: heads it has not taken yet become one, and so do too
many deltas.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NoReturn, Protocol

from primary.service.deltas import Deltas
from replication.adapters.litestream_process import LitestreamError
from replication.adapters.ltx_store import LtxStore
from replication.manifest import Manifest
from replication.messages import Head, ManifestFile, PushedDelta

logger: Final = logging.getLogger(__name__)

SYNC_PAUSE_MS: Final = 40
PAUSE_BY_TIME: Final = 8
"""A sync that takes long, for much was changed, is followed by a pause so many times as long."""
SYNC_PAUSE_MS_MAX: Final = 150
"""But by no longer one."""
SYNCS_SAVED_MAX: Final = 5
"""That may follow each other at once after a quiet while."""
RETRY_MS: Final = 500
HEAD_FILES_MAX: Final = 200
"""Files named in one head; a site that needs more asks for the manifest."""
WAITING_DELTAS_MAX: Final = 64
WAITING_BYTES_MAX: Final = 1024 * 1024
"""Of the deltas that one slow link has not taken; beyond them it is told the head."""


class Syncing(Protocol):
    """litestream, as the publisher needs it."""

    async def sync(self) -> int:
        """Have all commits written to the store; return its TXID. Errors: `LitestreamError`."""
        ...


class Subscription:
    """What one link has not taken yet: some deltas, or else one head."""

    def __init__(self, *, takes_deltas: bool = False) -> None:
        self.takes_deltas = takes_deltas
        self._waiting: Head | None = None
        self._deltas: deque[PushedDelta] = deque()
        self._there = asyncio.Event()
        self.fell_behind = 0
        """Times that deltas were dropped, because the site did not take them fast enough."""

    def offer(self, head: Head, delta: PushedDelta | None = None) -> None:
        """Add a head, which follows the one offered before; `delta` leads from that to this."""
        if delta is not None and self._takes(delta):
            self._deltas.append(delta)
        else:
            if self._deltas:
                self.fell_behind += 1
                self._deltas.clear()
                head = head.model_copy(update={"files": []})
            self._waiting = head if self._waiting is None else _joined(self._waiting, head)
        self._there.set()

    async def next(self) -> Head | PushedDelta:
        """The next delta; or the newest head, with the files that lead to it."""
        while self._waiting is None and not self._deltas:
            self._there.clear()
            await self._there.wait()
        if self._waiting is None:
            return self._deltas.popleft()
        head, self._waiting = self._waiting, None
        return head

    @property
    def waiting_bytes(self) -> int:
        """Of the deltas that wait for this link."""
        return sum(len(each.data) for each in self._deltas)

    def _takes(self, delta: PushedDelta) -> bool:
        return (
            self.takes_deltas
            and self._waiting is None
            and len(self._deltas) < WAITING_DELTAS_MAX
            and self.waiting_bytes + len(delta.data) <= WAITING_BYTES_MAX
        )


class Publisher:
    """Knows the newest TXID of the store and tells it to whoever subscribed."""

    def __init__(
        self, *, lineage: str, store: LtxStore, litestream: Syncing, deltas: Deltas | None = None
    ) -> None:
        """`deltas`: None where there shall be none."""
        self.lineage = lineage
        self._deltas = deltas
        self._store = store
        self._litestream = litestream
        self._txid = 0
        self._changed = asyncio.Event()
        self._changed.set()
        self._subscriptions: set[Subscription] = set()
        self._is_late = False
        self._fell_behind = 0

    @property
    def fell_behind(self) -> int:
        """Times that a site did not take its deltas fast enough, since the start."""
        return self._fell_behind + sum(each.fell_behind for each in self._subscriptions)

    @property
    def is_late(self) -> bool:
        """Whether the sites have not heard of the newest commits: litestream did not sync."""
        return self._is_late

    @property
    def waiting_bytes(self) -> int:
        """Of the deltas that wait for the slowest of all links."""
        return max((each.waiting_bytes for each in self._subscriptions), default=0)

    def changed(self) -> None:
        """The directory has a new commit."""
        self._changed.set()

    def head(self) -> Head:
        """The newest TXID of the store; 0 until litestream has answered for the first time."""
        return Head(lineage=self.lineage, txid=self._txid)

    async def manifest(self, after_txid: int) -> Manifest:
        """The store's files that lead from `after_txid` to the head; 0: all of them."""
        if after_txid:
            entries = await asyncio.to_thread(self._store.entries_after, after_txid, self._txid)
        else:
            entries = await asyncio.to_thread(self._store.entries)
        return Manifest(lineage=self.lineage, entries=entries)

    async def deltas(self, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """Page deltas from the one TXID to the other; empty where LTX files have to do."""
        if self._deltas is None or not 0 < base_txid < txid <= self._txid:
            return ()
        return await self._deltas.between(base_txid, txid)

    @contextmanager
    def subscribe(self, *, takes_deltas: bool = False) -> Iterator[Subscription]:
        """Heads from now on; what `head()` says at this moment is where they begin."""
        subscription = Subscription(takes_deltas=takes_deltas)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            self._fell_behind += subscription.fell_behind

    async def run(self) -> NoReturn:
        """Publish whatever changes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self._deltas is not None:
                group.create_task(self._deltas.run())
            await self._publish_all()
        raise AssertionError  # neither of them ends

    async def _publish_all(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            await self._changed.wait()
            self._changed.clear()
            began_s = loop.time()
            published = await self._publish()
            due_s = paced_s(due_s, began_s, loop.time() - began_s)
            next_s = due_s - SYNCS_SAVED_MAX * SYNC_PAUSE_MS / 1000
            if not published:
                self._changed.set()
                next_s = began_s + RETRY_MS / 1000
            if next_s > loop.time():
                await asyncio.sleep(next_s - loop.time())

    async def _publish(self) -> bool:
        try:
            txid = await self._litestream.sync()
        except LitestreamError as error:
            if not self._is_late:
                logger.error("the sites do not hear of changes: %s", error)  # noqa: TRY400 - expected
            self._is_late = True
            return False
        if self._is_late:
            logger.info("the sites hear of changes again")
        self._is_late = False
        if txid != self._txid:
            await self._tell(txid)
        return True

    async def _tell(self, txid: int) -> None:
        delta = await self._delta_to(txid)
        files: Sequence[ManifestFile] = ()
        if delta is None or not all(each.takes_deltas for each in self._subscriptions):
            files = await self._files_to(txid)
        self._txid = txid
        head = Head(lineage=self.lineage, txid=txid, files=list(files))
        for subscription in self._subscriptions:
            subscription.offer(head, delta)

    async def _delta_to(self, txid: int) -> PushedDelta | None:
        if self._deltas is None:
            return None
        data = await self._deltas.follow(self._txid, txid)
        return None if data is None else PushedDelta(data=data)

    async def _files_to(self, txid: int) -> Sequence[ManifestFile]:
        if not self._txid < txid <= self._txid + HEAD_FILES_MAX or not self._txid:
            return ()
        entries = await asyncio.to_thread(self._store.entries_after, self._txid, txid)
        return [entry.wire() for entry in entries[:HEAD_FILES_MAX]]


def paced_s(due_s: float, began_s: float, took_s: float) -> float:
    """When all syncs up to one that began then, and took so long, will have had their pause."""
    pause_s = min(max(SYNC_PAUSE_MS / 1000, took_s * PAUSE_BY_TIME), SYNC_PAUSE_MS_MAX / 1000)
    return max(due_s, began_s) + pause_s


def _joined(earlier: Head, later: Head) -> Head:
    files = [*earlier.files, *later.files]
    too_many = not earlier.files or not later.files or len(files) > HEAD_FILES_MAX
    return later.model_copy(update={"files": [] if too_many else files})
