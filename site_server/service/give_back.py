"""Gives back what this site does not need of its allowances, by entries of the journal.

How much may go is counted inside the writer's transaction, where nothing can be spent or set aside
meanwhile, and the entry is in that transaction. So it is given back exactly once, and what is given
back is never spent here again.

Three things make a site give back: another site needs it (a recall), more is granted than there is
(a debit went past the grants), or the payer has not been at hand here for some time. Who was at
hand when is kept in `site.db`, as idle times are longer than a server runs.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from failure_modes.allowance import over_granted_micros
from failure_modes.vocabulary import Micros
from replication.entry_bodies import AllowanceReturned
from site_server.service.allowance import allowance_of
from site_server.service.money import balance_of
from site_server.store.grants import NO_GRANT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from failure_modes.vocabulary import WallMs
    from replication.ports import Clock
    from site_server.store.directory import Directory
    from site_server.store.grants import Grant, Held
    from site_server.store.site_store import SiteStore
    from site_server.store.unit_of_work import SiteView, UnitOfWork

REMEMBER_EVERY_MS: Final = 3_600_000
"""Who is at hand all day costs one small write an hour."""
RETURNS_PER_TRANSACTION_MAX: Final = 100
"""About 10 ms in which no decision is written."""


class GiveBack:
    """The returns of this site. Only one task may use it."""

    def __init__(
        self, store: SiteStore, directory: Directory, clock: Clock, *, idle_ms: int
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._idle_ms = idle_ms
        self._seen: dict[str, WallMs] | None = None

    async def remember(self, payers: Collection[str]) -> None:
        """They are at hand."""
        now_ms, seen = self._clock.wall_ms(), self._seen_before()
        news = {each for each in payers if not 0 <= now_ms - seen.get(each, 0) < REMEMBER_EVERY_MS}
        if news:
            await self._store.write(lambda unit: unit.payers_seen.put(news, now_ms))
            seen.update(dict.fromkeys(news, now_ms))

    async def recalled(self, asked: Mapping[str, Micros], kept: Mapping[str, Micros]) -> None:
        """Another site needs so much; what is needed here, `kept`, stays."""
        with self._directory.read() as snapshot:
            if snapshot is None:
                return
            grants, watermarks = snapshot.grants(asked), snapshot.watermarks()
        await self._give(asked, kept, grants, watermarks)

    async def look(self) -> None:
        """Give back what nobody here needs any more, and what does not exist any more."""
        with self._directory.read() as snapshot:
            if snapshot is None:
                return
            held, watermarks = snapshot.held_grants(), snapshot.watermarks()
        # Whoever got a grant while nobody looked begins to be idle now.
        await self.remember(held.keys() - self._seen_before().keys())
        grants = {payer: each.grant for payer, each in held.items()}
        await self._give(dict(self._not_needed(held)), {}, grants, watermarks)
        await self._forget(held)

    def _not_needed(self, held: Mapping[str, Held]) -> Iterator[tuple[str, Micros]]:
        for payer, each in held.items():
            if self._is_idle(payer):
                yield payer, each.grant.here_micros
            elif over := over_granted_micros(each.balance_micros, each.grant.everywhere_micros):
                yield payer, over

    def _is_idle(self, payer: str) -> bool:
        seen_ms = self._seen_before().get(payer)
        return seen_ms is not None and self._clock.wall_ms() - seen_ms >= self._idle_ms

    async def _give(
        self,
        most: Mapping[str, Micros],
        kept: Mapping[str, Micros],
        grants: Mapping[str, Grant],
        watermarks: Mapping[tuple[str, int], int],
    ) -> None:
        def spare(site: SiteView, payer: str) -> int:
            money = balance_of(site, payer, Micros(0), watermarks)
            grant = grants.get(payer, NO_GRANT)
            left = allowance_of(site, payer, money.used_micros, grant, watermarks).left_micros
            return min(left - kept.get(payer, 0), most[payer])

        def work(unit: UnitOfWork) -> None:
            for payer in batch:
                if (amount := spare(unit, payer)) > 0:
                    unit.journal.append(AllowanceReturned(payer=payer, amount_micros=amount))

        with self._store.read() as site:
            payers = iter([payer for payer in most if spare(site, payer) > 0])
        while batch := list(islice(payers, RETURNS_PER_TRANSACTION_MAX)):
            await self._store.write(work)

    async def _forget(self, held: Mapping[str, Held]) -> None:
        """Whoever has no allowance here and was not seen for long is nobody to remember."""
        seen = self._seen_before()
        gone = {each for each in seen if each not in held and self._is_idle(each)}
        if gone:
            await self._store.write(lambda unit: unit.payers_seen.forget(gone))
            for payer in gone:
                del seen[payer]

    def _seen_before(self) -> dict[str, WallMs]:
        if self._seen is None:
            with self._store.read() as site:
                self._seen = site.payers_seen.all()
        return self._seen
