"""The log of a first copy on its way: a new site says how far it is, tenth by tenth.

`holdfast-site status --wait` shows the same as a bar. The snapshot is fetched to a file and applied
page by page, so memory does not grow with the directory.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from site_server.service.site_status import ReplicaStanding

log: Final = logging.getLogger(__name__)

LOOK_MS: Final = 500
REST_MS: Final = 60_000
STEP_PERCENT: Final = 10
WHOLE_PERCENT: Final = 100


def percent(fetched_bytes: int, wanted_bytes: int) -> int:
    """How much of what is wanted is here, from 0 to 100."""
    if wanted_bytes <= 0:
        return 0
    return min(WHOLE_PERCENT * fetched_bytes // wanted_bytes, WHOLE_PERCENT)


class TellBootstrap:
    """Says how far the first copy is, until there is one."""

    def __init__(
        self, standing: Callable[[], ReplicaStanding], position: Callable[[], int]
    ) -> None:
        self._standing = standing
        self._position = position
        self._told_percent = -STEP_PERCENT

    async def run(self) -> NoReturn:
        """Look until cancelled; hardly ever once there is a replica."""
        while True:
            is_there = self.look()
            await asyncio.sleep((REST_MS if is_there else LOOK_MS) / 1000)

    def look(self) -> bool:
        """Whether there is a replica; what is new of its way is logged."""
        if self._position() > 0:
            if self._told_percent >= 0:
                log.info("the first copy of the directory is applied, TXID %d", self._position())
            return True
        standing = self._standing()
        here = percent(standing.fetched_bytes, standing.wanted_bytes)
        if standing.wanted_bytes > 0 and here >= self._told_percent + STEP_PERCENT:
            self._told_percent = here
            log.info(
                "the first copy of the directory: %d %% of %d bytes are here",
                here,
                standing.wanted_bytes,
            )
        return False
