"""The heartbeat row: by it a site measures how old its replica truly is."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NoReturn

from primary.store.directory import Directory
from replication.errors import ReplicationError, StoreClosedError
from replication.ports import Clock, WallMs
from replication.schema.directory import BACKUP_WINDOW_MS

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_READER: Final = 1
"""The oldest schema version that can read this directory; an older site freezes its replica."""

logger: Final = logging.getLogger(__name__)


class Heartbeat:
    """Writes the row once at start and whenever `due()` was called. The scheduler calls it."""

    def __init__(
        self, directory: Directory, clock: Clock, *, backup_window_ms: int = BACKUP_WINDOW_MS
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._backup_window_ms = backup_window_ms
        self.on_beat: Callable[[WallMs], None] | None = None
        """Called in a thread with the time that is in the directory now."""
        self._due = asyncio.Event()
        self.problem = ""

    def due(self) -> None:
        """It is time for the next one."""
        self._due.set()

    async def run(self) -> NoReturn:
        """Write heartbeats until cancelled. A full disk stops them, and nothing else."""
        while True:
            await self._beat()
            await self._due.wait()
            self._due.clear()

    async def _beat(self) -> None:
        wall_ms = self._clock.wall_ms()
        try:
            await self._directory.heartbeat(
                wall_ms=wall_ms, min_reader=MIN_READER, backup_window_ms=self._backup_window_ms
            )
            if self.on_beat is not None:
                await asyncio.to_thread(self.on_beat, wall_ms)
        except StoreClosedError:
            raise
        except (ReplicationError, OSError) as error:
            self._tell(str(error))
        else:
            self._tell("")

    def _tell(self, problem: str) -> None:
        if problem and not self.problem:
            logger.error("the directory cannot be written: %s", problem)
        if self.problem and not problem:
            logger.info("the directory can be written again")
        self.problem = problem
