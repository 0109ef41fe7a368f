"""The first thing after a start: settle what the last run left open.

A job on its way is settled by its printer's record, never sent again. Documents without a job were
never promised to anybody and are removed. Everything else goes on by itself, because its state is
in the store: counters look for accepted jobs, the clock looks for jobs of direct queues.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from failure_modes.job_lifecycle import JobState

if TYPE_CHECKING:
    from site_server.service.dispatch import Dispatcher
    from site_server.service.ground import Ground

_log = logging.getLogger(__name__)


class Recover:
    """Settles the past."""

    def __init__(self, ground: Ground, dispatcher: Dispatcher) -> None:
        self._ground = ground
        self._dispatcher = dispatcher

    async def run(self) -> None:
        """Sweep the spool, and ask the printers about every job that was on its way."""
        with self._ground.store.read() as site:
            wanted = site.jobs.open_uuids()
            on_their_way = site.jobs.in_state(JobState.RELEASING, self._ground.limits.jobs_max)
        await self._sweep(wanted)
        for job in on_their_way:
            _log.info("job %d was on its way when this site stopped", job.job_number)
            self._dispatcher.resume(job)

    async def _sweep(self, wanted: frozenset[str]) -> None:
        orphans = await self._ground.spool.job_uuids() - wanted
        for job_uuid in orphans:
            await self._ground.spool.remove(job_uuid)
        if orphans:
            _log.info("%d documents without an open job removed", len(orphans))
