"""Page deltas as a site takes them: pushed by headquarters, or asked for after an absence.

A delta is only ever a shorter way. It leads on from exactly one TXID, so those that came are kept
until the replica is there, bounded, and what does not fit is forgotten. The applier proves each.
One that it refuses is told once, and all that wait are dropped, for they stand on it. In every such
case the same step is taken as LTX files.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from replication.adapters.downloads import LinkDownError, LinkRefusedError
from replication.adapters.ltx_fetch import NotThereError
from replication.delta_chain import DeltaChain
from replication.errors import BadMessageError
from replication.manifest import LtxName
from replication.page_delta import BadDeltaError, Step, read_delta

if TYPE_CHECKING:
    from replication.messages import PushedDelta
    from replication.position import Position
    from site_server.service.replica_ports import DeltaApplying, DeltaSource

log: Final = logging.getLogger(__name__)

NOT_FETCHED: Final = (
    NotThereError,
    LinkDownError,
    LinkRefusedError,
    BadMessageError,
    BadDeltaError,
)


class FollowDeltas:
    """The deltas that wait for this site's replica, and the way they are applied."""

    def __init__(self, applier: DeltaApplying, source: DeltaSource) -> None:
        self._applier = applier
        self._source = source
        self._waiting = DeltaChain()
        self._is_refused = False
        self.applied = 0
        """Deltas that were used, since this process began."""
        self._in_hand_bytes = 0
        self.refused = 0
        """Deltas that could not be used, since this process began."""

    def take(self, pushed: PushedDelta) -> Step | None:
        """Keep a delta that headquarters sent; the step that it is, None where it is none."""
        try:
            step = read_delta(pushed.data).step
        except BadDeltaError as error:
            self._refuse(error)
            return None
        self._waiting.add(step, pushed.data)
        return step

    def waiting_bytes(self, position_txid: int) -> int:
        """What is here of deltas that the replica, which is at that TXID, does not have yet."""
        return self._waiting.bytes_after(position_txid) or self._in_hand_bytes

    async def lead(
        self, position: Position, target_txid: int, *, may_fetch: bool
    ) -> tuple[Position, LtxName] | None:
        """Where the replica stands after the deltas at hand, and the LTX file of that step."""
        deltas = [data for _, data in self._waiting.after(position.txid)]
        if not deltas and may_fetch:
            deltas = await self._fetched(position, target_txid)
        if not deltas:
            return None
        self._in_hand_bytes = sum(map(len, deltas))
        try:
            txid = read_delta(deltas[-1]).step.txid
            applied = await self._applier.apply_deltas(position.lineage, deltas)
        except BadDeltaError as error:
            self._refuse(error)
            return None
        finally:
            self._in_hand_bytes = 0
        if applied.position is None or applied.position.txid < txid:
            return None  # what it leads to cannot be read here: files lead closer to that point
        self._is_refused = False
        self.applied += len(deltas)
        name = LtxName(level=0, min_txid=position.txid + 1, max_txid=txid)
        return applied.position, name

    def forget(self) -> None:
        """The link that they came over has ended."""
        self._waiting.clear()

    async def _fetched(self, position: Position, target_txid: int) -> list[bytes]:
        try:
            return list(await self._source.deltas(position.lineage, position.txid, target_txid))
        except NOT_FETCHED:
            return []

    def _refuse(self, error: BadDeltaError) -> None:
        self.refused += 1
        self._waiting.clear()
        if not self._is_refused:
            log.warning("a page delta is refused, LTX files are fetched instead: %s", error)
        self._is_refused = True
