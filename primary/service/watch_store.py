"""The store leads from nothing to the head, or is made to do so again.

Theory of operation
-------------------
Where the folder of the store vanishes (a disk that is not mounted, a hand that slipped), litestream
makes it anew without a word and goes on writing from the present transaction: the files before it
are gone, and no new site, and none that is behind, can find its way any more. So it is looked at
every few seconds: is there a snapshot, and an unbroken chain from it to the head? Twice in a row,
for files come and go while they are listed. Where there is none litestream is started again; it
then misses a snapshot and writes one (measured: within 2 s of its start), under the same lineage.
Sites that are at the head never notice.

Rejected: a new lineage. The transactions did not change, so every site would fetch everything anew.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.plan import GapError, cost, plan

logger: Final = logging.getLogger(__name__)

LOOK_MS: Final = 3_000
CERTAIN_LOOKS: Final = 2
REST_LOOKS: Final = 20
PATIENCE_LOOKS: Final = 10
"""Between two restarts of litestream: a snapshot of a large directory takes its time."""


class WatchStore:
    """Looks after the chain while `run` runs. `heal` makes the missing files come back."""

    def __init__(
        self, folder: Path, head_txid: Callable[[], int], heal: Callable[[], None]
    ) -> None:
        self._folder = folder
        self._head_txid = head_txid
        self._heal = heal
        self._looks = 0
        self._base: Path | None = None
        self._rested = 0
        self.problem = ""
        """What is missing; '' where nothing is."""
        self.healed = 0
        """Times that something was done about it."""

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_MS / 1000)
            await self.look()

    async def look(self) -> None:
        """Look once, and heal what is certainly missing."""
        hole = await asyncio.to_thread(self._hole, self._head_txid())
        self._looks = self._looks + 1 if hole else 0
        if not hole:
            if self.problem:
                logger.info("the store leads from a snapshot to the head again")
            self.problem = ""
        elif self._looks >= CERTAIN_LOOKS:
            if not self.problem:
                logger.error("the store has lost files: %s A new snapshot is made", hole)
            self.problem = hole
            if (self._looks - CERTAIN_LOOKS) % PATIENCE_LOOKS == 0:
                self.healed += 1
                self._heal()

    def _hole(self, head_txid: int) -> str:
        """What is missing.

        A folder that vanished took the file with it with which the chain begins: while that is
        there all files (17,000 a day) are listed only now and then.
        """
        self._rested += 1
        if self._rested < REST_LOOKS and self._base is not None and self._base.exists():
            return ""
        self._rested, self._base = 0, None
        costs = {name: cost(status.st_size) for name, status in scan_ltx(self._folder)}
        try:
            names = plan(None, costs)
        except GapError as gap:
            return str(gap)
        if head_txid and (not names or names[-1].max_txid < head_txid):
            return f"{self._folder} has nothing that leads to TXID {head_txid}."
        self._base = ltx_path(self._folder, names[0]) if names else None
        return ""
