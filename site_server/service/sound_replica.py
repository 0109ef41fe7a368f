"""The applier as the site uses it: what it does to a replica that is not sound is made good here.

Theory of operation
-------------------
The replica is proved once per start, by the applier and while the site decides already: a process
of its own looks at every page (0.3 s for 200,000 users), and nobody waits for it. It is proved
again after a page delta did not fit, for a base that is not what headquarters says is often a page
that is not what it was. SQLite itself finds the rest, at the site or in the applier.

A damaged replica is not read from the moment on in which that is known. Until the new one is there
(it is made from the mirror, so the WAN may be down) the site decides as it does without a replica.
One whose page size changed, or that is to be made anew on an administrator's word, goes on
answering until the new one takes its place.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from replication.adapters.applier_process import DAMAGED, OTHER_PAGE_SIZE, ApplierError
from replication.page_delta import BadDeltaError
from site_server.service.replica_ports import Applying

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.adapters.applier.verdict import Proof
    from replication.adapters.applier_process import Applied
    from replication.ports import Clock

log: Final = logging.getLogger(__name__)


class Prover(Applying, Protocol):
    """`replication.adapters.applier_process.ApplierProcess`."""

    async def prove(self) -> Proof:
        """What speaks against the replica."""
        ...

    async def rebuild(self, lineage: str, damaged_as: str = "") -> Applied:
        """Make it anew from the mirror."""
        ...


class Doubtful(Protocol):
    """`replication.adapters.replica.Replica`, as far as it is doubted here."""

    on_damage: Callable[[], None]

    def distrust(self) -> None:
        """Read that file no more."""
        ...

    def trust(self) -> None:
        """Read it again."""
        ...


class SoundReplica:
    """`Applying` over a replica that is proved, and made anew where that fails."""

    def __init__(self, applier: Prover, replica: Doubtful, clock: Clock) -> None:
        self._applier = applier
        self._replica = replica
        self._clock = clock
        self._is_proved = self._met_damage_there = False
        self._damage = ""
        self.on_suspicion: Callable[[], None] = _nothing
        """Called when somebody should apply, for the replica may be damaged."""
        self.rebuilt = 0
        """Times that the replica was made anew, since this process began."""
        replica.on_damage = self._met_damage

    @property
    def damage(self) -> str:
        """What is wrong with the replica and not yet made good; '' where nothing is."""
        return self._damage

    @property
    def is_proved(self) -> bool:
        """Whether nothing speaks against the replica, as far as anybody looked."""
        return self._is_proved

    def suspect(self) -> None:
        """Look at the replica before the next thing that is applied."""
        self._is_proved = False

    def lost(self) -> None:
        """The file has vanished: have it made anew."""
        self.suspect()
        self.on_suspicion()

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        """As `ApplierProcess.apply`; what it finds damaged is made anew from the mirror."""
        if not self._is_proved:
            proof = await self._applier.prove()
            if proof.damage:
                return await self._heal(lineage, proof.damage)
            replaced = await self._replaced(lineage)
            if replaced is not None:
                return replaced
            if proof.refused:
                log.warning("damaged files of the mirror are fetched anew: %s", proof.refused)
                self._is_proved = True
                now = await self._applier.apply(lineage, head_txid)
                return replace(now, refused=(*now.refused, *proof.refused))
        try:
            applied = await self._applier.apply(lineage, head_txid)
        except ApplierError as error:
            if error.kind == DAMAGED:
                return await self._heal(lineage, str(error))
            if error.kind == OTHER_PAGE_SIZE:
                return await self.rebuild(lineage)
            raise
        self._is_proved = True
        self._damage = ""
        return applied

    async def apply_deltas(self, lineage: str, deltas: Sequence[bytes]) -> Applied:
        """As `ApplierProcess.apply_deltas`, once the replica is proved; `apply` makes it sound."""
        if not self._is_proved:
            proof = await self._applier.prove()
            if proof.damage:
                self._replica.distrust()
            if proof.damage or self._met_damage_there:
                raise BadDeltaError(proof.damage)
            self._is_proved = True
        try:
            return await self._applier.apply_deltas(lineage, deltas)
        except BadDeltaError:
            self.suspect()
            raise
        except ApplierError as error:
            self.suspect()
            raise BadDeltaError(str(error)) from error

    async def rebuild(self, lineage: str) -> Applied:
        """Make the replica anew from the mirror; the old one answers until the new one does."""
        log.info("the replica is made anew beside the one that is read")
        applied = await self._applier.rebuild(lineage)
        if applied.position is not None:
            self._done()
        return applied

    async def _replaced(self, lineage: str) -> Applied | None:
        """What a lookup could not read is not read on, though its pages are proved.

        Where the mirror cannot replace it, it is read again.
        """
        if not self._met_damage_there:
            return None
        self._met_damage_there = False
        applied = await self.rebuild(lineage)
        if applied.position is not None:
            return applied
        self._replica.trust()
        return None

    async def _heal(self, lineage: str, damage: str) -> Applied:
        self._replica.distrust()
        if damage != self._damage:
            log.error("the replica is damaged and made anew from the mirror: %s", damage)
        self._damage = damage
        moment = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        applied = await self._applier.rebuild(lineage, f"{moment:%Y%m%dT%H%M%SZ}")
        if applied.position is not None:
            log.warning("the replica is sound again, at TXID %d", applied.position.txid)
            self._done()
        return applied

    def _met_damage(self) -> None:
        self._met_damage_there = True
        self.suspect()
        self.on_suspicion()

    def _done(self) -> None:
        self._is_proved = True
        self._met_damage_there = False
        self._damage = ""
        self.rebuilt += 1


def _nothing() -> None:
    """Nobody applies yet."""
