"""Takes away the old part of the journal, in pieces, once an hour (`store.journal_past`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from failure_modes.vocabulary import MonotonicMs
    from site_server.service.ground import Ground
    from site_server.store.journal_past import Cover
    from site_server.store.unit_of_work import UnitOfWork

EVERY_MS: Final = 3_600_000
"""Between two rounds, and so between two notes of a watermark: 720 notes in a window of 30 days."""
PIECES_MAX: Final = 40
"""Of one round, 20,000 entries; what is left goes with the next tick."""

_log = logging.getLogger(__name__)


class PruneJournal:
    """Prunes at the ticks of whoever looks after time."""

    def __init__(self, ground: Ground) -> None:
        self._store = ground.store
        self._directory = ground.directory
        self._clock = ground.clock
        self._rested_ms: MonotonicMs | None = None

    async def once(self) -> int:
        """Do what is due; how many entries are gone. Errors: those of the store."""
        now_ms = self._clock.monotonic_ms()
        if self._rested_ms is not None and now_ms - self._rested_ms < EVERY_MS:
            return 0
        cover = self._cover()
        if cover is None or not any(cover.watermarks.values()):
            return 0  # nothing of this site is merged anywhere: there is nothing to note
        noted = cover
        await self._store.write(lambda unit: unit.past.note(noted, unit.wall_ms()))
        gone = 0
        for _ in range(PIECES_MAX):
            piece = await self._piece()
            gone += piece
            if not piece:
                self._rested_ms = now_ms
                break
        if gone:
            _log.info("%d journal entries are pruned: headquarters holds them for good", gone)
        return gone

    async def _piece(self) -> int:
        """One transaction, by the replica as it is now: it may have gone back meanwhile."""
        cover = self._cover()

        def work(unit: UnitOfWork) -> int:
            return 0 if cover is None else unit.past.prune(cover, unit.wall_ms())

        return await self._store.write(work)

    def _cover(self) -> Cover | None:
        with self._directory.read() as snapshot:
            return None if snapshot is None else snapshot.cover()
