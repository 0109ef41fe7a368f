"""Page deltas at headquarters: made once, for every site that stands at the same TXID.

Theory of operation
-------------------
Each new head is followed by the shadow, and what comes of it is the delta that all sites at the
former head are told at once. The newest of them are kept for sites that are a few steps behind. For
a site that was away for longer one delta is made from the store, on its asking.

A short step is gone at once, in the event loop: it takes half a millisecond, and the way to a
thread and back would take longer (`Shadow.follow_shortly`).

Nobody waits for a delta. Where the shadow is late (it is made anew, or the step is the whole
directory) the head goes out without one, and so do those after it, until the shadow is there again.
Deltas from the store are made one at a time; who finds a long queue fetches LTX files instead.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NoReturn

from replication.adapters.delta_maker import delta_between
from replication.adapters.shadow import Shadow
from replication.delta_chain import DeltaChain
from replication.errors import ReplicationError
from replication.page_delta import read_delta

logger: Final = logging.getLogger(__name__)

PATIENCE_MS: Final = 100
"""How long a head is held back for its delta, which takes about 2 ms."""
RETRY_MS: Final = 1_000
"""After the shadow could not follow: making it anew reads a whole directory."""
PUSHED_BYTES_MAX: Final = 256 * 1024
"""Of a delta that is sent to all sites unasked."""
MADE_MAX: Final = 4
MADE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of the deltas from the store that are kept: many sites come back from one outage."""
WAITING_MAX: Final = 16
"""Sites that wait for a delta from the store; each takes 0.1 to 1 s."""

_Span = tuple[int, int]


class Deltas:
    """The deltas of one store. `run` must run while `follow` is to give any."""

    def __init__(self, *, shadow: Shadow, store: Path) -> None:
        self._shadow = shadow
        self._store = store
        self._kept = DeltaChain()
        self._made: OrderedDict[_Span, bytes | None] = OrderedDict()
        self._making = asyncio.Lock()
        self._waiting = 0
        self._wanted_txid = self._followed_txid = 0
        self._wake = asyncio.Event()
        self._followed = asyncio.Event()
        self._is_late = False
        self._trouble = ""

    async def run(self) -> NoReturn:
        """Keep the shadow at the head, until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._follow(self._wanted_txid)
        finally:
            await asyncio.to_thread(self._shadow.close)

    async def follow(self, base_txid: int, txid: int) -> bytes | None:
        """The delta from the former head to the new one, if it is there in no time."""
        self._wanted_txid = txid
        if not self._follow_shortly(txid):
            self._wake.set()
        try:
            async with asyncio.timeout(0 if self._is_late else PATIENCE_MS / 1000):
                while self._followed_txid < txid:
                    await self._followed.wait()
        except TimeoutError:
            self._is_late = True
            return None
        chain = self._kept.between(base_txid, txid)
        return chain[0] if len(chain) == 1 and len(chain[0]) <= PUSHED_BYTES_MAX else None

    async def between(self, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """The deltas that lead from the one TXID to the other; empty: take LTX files."""
        kept = self._kept.between(base_txid, txid)
        if kept:
            return kept
        if self._waiting >= WAITING_MAX:
            return ()
        self._waiting += 1
        try:
            async with self._making:
                made = await self._from_store((base_txid, txid))
        finally:
            self._waiting -= 1
        return () if made is None else (made,)

    def _follow_shortly(self, txid: int) -> bool:
        """Whether the shadow is there already; else `run` has to take it there."""
        if self._is_late:
            return False
        try:
            data = self._shadow.follow_shortly(txid)
        except (ReplicationError, OSError):
            return False
        if data is not None:
            self._keep(data)
            self._note(txid)
        return data is not None

    async def _follow(self, txid: int) -> None:
        if txid < self._followed_txid:
            # The store was lost or put back: the same TXIDs may now mean something else.
            self._kept.clear()
            self._made.clear()
        try:
            data = await asyncio.to_thread(self._shadow.follow, txid)
        except (ReplicationError, OSError) as error:
            self._tell(str(error))
            self._is_late = True
            self._note(txid)
            await asyncio.sleep(RETRY_MS / 1000)
        else:
            self._tell("")
            if data is not None:
                self._keep(data)
            self._is_late = False
            self._note(txid)

    def _keep(self, data: bytes) -> None:
        self._kept.add(read_delta(data).step, data)

    def _note(self, txid: int) -> None:
        self._followed_txid = txid
        self._followed.set()
        self._followed = asyncio.Event()

    async def _from_store(self, span: _Span) -> bytes | None:
        if span not in self._made:
            self._made[span] = await self._make(span)
            while len(self._made) > MADE_MAX or _size(self._made.values()) > MADE_BYTES_MAX:
                _, dropped = self._made.popitem(last=False)
                if not self._made:
                    return dropped
        return self._made[span]

    async def _make(self, span: _Span) -> bytes | None:
        try:
            return await asyncio.to_thread(delta_between, self._store, *span)
        except (ReplicationError, OSError) as error:
            logger.info("no page delta from TXID %d to %d: %s", *span, error)
            return None

    def _tell(self, trouble: str) -> None:
        if trouble and not self._trouble:
            logger.warning("sites get whole LTX files instead of page deltas: %s", trouble)
        if self._trouble and not trouble:
            logger.info("sites get page deltas again")
        self._trouble = trouble


def _size(bodies: Iterable[bytes | None]) -> int:
    return sum(len(body) for body in bodies if body is not None)
