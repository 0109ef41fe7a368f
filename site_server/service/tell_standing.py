"""Tells headquarters how this site stands, when it asks: it was restored, and has forgotten grants.

What is told of a payer is the most that this site may still let out beyond its journal so far: its
grant, less what it used of it, but at least what is set aside already, for that is let out whatever
comes. So it does not matter whether the replica is still of the directory before the restore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.vocabulary import Micros
from replication.entry_bodies import MONEY_MAX
from replication.messages import HELD_MAX, STANDING_SINCE, HeldAllowance, Standing
from replication.position import NOWHERE
from site_server.service.allowance import allowance_of
from site_server.service.money import balance_of
from site_server.store.grants import NO_GRANT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replication.link import Link
    from replication.messages import AnyFromPrimary, Welcome
    from replication.position import Position
    from site_server.store.directory import Directory
    from site_server.store.grants import Grant
    from site_server.store.site_store import SiteStore
    from site_server.store.unit_of_work import SiteView


class TellStanding:
    """Answers the wish in a welcome. A `LinkListener`."""

    def __init__(
        self,
        *,
        store: SiteStore,
        directory: Directory,
        link: Link,
        position: Callable[[], Position | None],
    ) -> None:
        self._store = store
        self._directory = directory
        self._link = link
        self._position = position

    async def up(self, welcome: Welcome) -> None:
        """Say how this site stands where it matters to headquarters."""
        if welcome.uplink < STANDING_SINCE:
            return
        position = self._position() or NOWHERE
        is_ahead = position.lineage == welcome.lineage and 0 < welcome.txid < position.txid
        if not (welcome.wants_standing or is_ahead):
            return
        for part in self._parts(position):
            if not await self._link.send(part):
                return

    async def heard(self, message: AnyFromPrimary) -> None:
        """Nothing else concerns this."""

    def down(self) -> None:
        """The next welcome says whether to begin anew."""

    def _parts(self, position: Position) -> list[Standing]:
        seq, held = self._held()
        rows = [
            HeldAllowance(payer=payer, left_micros=left) for payer, left in held.items() if left
        ]
        parts = [rows[first : first + HELD_MAX] for first in range(0, len(rows) or 1, HELD_MAX)]
        return [
            Standing(
                lineage=position.lineage,
                txid=position.txid,
                journal_seq=seq,
                held=part,
                is_last=part is parts[-1],
            )
            for part in parts
        ]

    def _held(self) -> tuple[int, dict[str, Micros]]:
        """The end of the journal, and what may be let out beyond it, by payer."""
        grants: dict[str, Grant] = {}
        watermarks: Mapping[tuple[str, int], int] = {}
        with self._directory.read() as snapshot:
            if snapshot is not None:
                grants = {payer: each.grant for payer, each in snapshot.held_grants().items()}
                watermarks = snapshot.watermarks()
        head = self._store.head()
        with self._store.read() as site:
            payers = grants.keys() | site.reserved_payers()
            held = {
                payer: _most(site, payer, grants.get(payer, NO_GRANT), watermarks)
                for payer in sorted(payers)
            }
            return site.journal_seq(head.site_name, head.epoch), held


def _most(
    site: SiteView, payer: str, grant: Grant, watermarks: Mapping[tuple[str, int], int]
) -> Micros:
    money = balance_of(site, payer, Micros(0), watermarks)
    left = allowance_of(site, payer, money.used_micros, grant, watermarks).left_micros
    most = max(left, 0) + money.reserved_micros
    return Micros(min(most, MONEY_MAX))
