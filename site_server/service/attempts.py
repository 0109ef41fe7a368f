"""Attempts that are made again: what went wrong is told once, and that it ended, once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from replication.adapters.downloads import LinkDownError
from replication.errors import ReplicationError
from site_server.service.retry_pause import RetryPause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log: Final = logging.getLogger(__name__)


class Attempts(RetryPause):
    """The pauses between attempts to follow the primary, and what is said about them."""

    def __init__(self) -> None:
        super().__init__()
        self._trouble = ""

    async def survives(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether `work` did what it should; what went wrong is told once."""
        try:
            await work()
        except LinkDownError:
            return False
        except (ReplicationError, OSError) as error:
            if str(error) != self._trouble:
                log.warning("the replica does not follow the primary: %s", error)
            self._trouble = str(error)
            self.failed(error)
            return False
        if self._trouble:
            log.info("the replica follows the primary again")
        self._trouble = ""
        self.went_well()
        return True
