"""Whether the ledger can be written, and the catching up after it could not be.

An outage of the ledger is news and no failure: sites hear no acknowledgement, keep their entries
and try again; the directory goes on down to them; people read in `/health` what is wrong. Each time
the ledger is back the directory is rolled forward, as at start: what a crash of the other side cut
between the two commits is then found, even for a site that does not call.
"""

import asyncio
import logging
from typing import Final, NoReturn

from primary.service.ingest import Ingest
from replication.errors import ReplicationError, StoreClosedError

logger: Final = logging.getLogger(__name__)


class WatchLedger:
    """Looks whenever `due()` was called. The scheduler calls it."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._due = asyncio.Event()
        self._is_caught_up = False
        self.problem = ""

    def due(self) -> None:
        """It is time to look again."""
        self._due.set()

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.look()

    async def look(self) -> None:
        """Look once; after an outage, and the first time, roll the directory forward, too."""
        try:
            if self._is_caught_up:
                await self._ingest.beat_ledger()
            else:
                await self._ingest.roll_forward()
        except StoreClosedError:
            raise
        except ReplicationError as error:
            self._is_caught_up = False
            self._tell(str(error))
        else:
            self._is_caught_up = True
            self._tell("")

    def _tell(self, problem: str) -> None:
        if problem and not self.problem:
            logger.error("the ledger cannot be written: %s", problem)
        if self.problem and not problem:
            logger.info("the ledger can be written again")
        self.problem = problem
