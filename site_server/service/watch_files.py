"""Files that vanish under the running site: noticed in seconds, made good where that can be.

An open file whose name is gone goes on working, and nobody would notice until the next start. The
replica is made anew from the mirror, the mirror from headquarters; the site decides meanwhile as it
does without a replica. `site.db` cannot be made anew: from then on it refuses every transaction by
itself (`replication.adapters.sqlite_file`), so nothing is promised that the next start would not
know.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replication.position import Position

log: Final = logging.getLogger(__name__)

LOOK_MS: Final = 2_000


class WatchFiles:
    """Looks every two seconds while `run` runs."""

    def __init__(
        self,
        *,
        replica: Path,
        mirror: Path,
        position: Callable[[], Position | None],
        lost_replica: Callable[[], None],
        lost_mirror: Callable[[], None],
    ) -> None:
        """`position`: where the replica stands; None where there is none yet."""
        self._replica = replica
        self._mirror = mirror
        self._position = position
        self._lost_replica = lost_replica
        self._lost_mirror = lost_mirror
        self._missing: frozenset[Path] = frozenset()

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_MS / 1000)
            await asyncio.to_thread(self._look)
            self.tell()

    def _look(self) -> None:
        position = self._position()
        if position is None:
            self._missing = frozenset()
            return
        files = (self._replica, self._mirror / position.lineage)
        self._missing = frozenset(file for file in files if not file.exists())

    def tell(self) -> None:
        """Have made good what is missing."""
        for file in sorted(self._missing):
            if file == self._replica:
                log.error("%s vanished under the running site: it is made anew", file)
                self._lost_replica()
            else:
                log.error("%s vanished under the running site: it is fetched anew", file)
                self._lost_mirror()
