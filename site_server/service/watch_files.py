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
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from replication.position import Position

log: Final = logging.getLogger(__name__)

LOOK_MS: Final = 2_000


class WatchFiles:
    """Looks every two seconds while `run` runs.

    Of the mirror the file is looked at with which a rebuild would begin: its folder is made again
    by whatever comes next. A new base takes its place at times, so one look is no proof.
    """

    def __init__(
        self,
        *,
        replica: Path,
        position: Callable[[], Position | None],
        base: Callable[[], Path | None],
        lost_replica: Callable[[], None],
        lost_mirror: Callable[[], None],
    ) -> None:
        """`position`: of the replica, and `base`: of the mirror; None where there is none yet."""
        self._replica = replica
        self._position = position
        self._base = base
        self._lost = {True: lost_replica, False: lost_mirror}
        self._missing: frozenset[Path] = frozenset()

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_MS / 1000)
            await self.look()

    async def look(self) -> None:
        """Look once; have made good what was missing twice."""
        files = [self._base(), self._replica if self._position() is not None else None]
        missing = await asyncio.to_thread(_missing, [file for file in files if file is not None])
        for file in sorted(missing & self._missing):
            log.error("%s vanished under the running site: it comes anew by itself", file)
            self._lost[file == self._replica]()
        self._missing = missing - self._missing


def _missing(files: Sequence[Path]) -> frozenset[Path]:
    return frozenset(file for file in files if not file.exists())
