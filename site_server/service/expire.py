"""Ends what has run out: held jobs, logins, jobs without a document, copies, card claims.

It also prunes the journal.

The scheduler only says that time has passed (`tick`); the one task that runs `run` does the work.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.errors import StorageError, StorageFullError
from site_server.service.prune_journal import PruneJournal

if TYPE_CHECKING:
    from site_server.config import Times
    from site_server.service.claimed_cards import ClaimedCards
    from site_server.service.copy_session import CopySession
    from site_server.service.delete_job import DeleteJob
    from site_server.service.ground import Ground
    from site_server.service.incoming_jobs import IncomingJobs
    from site_server.service.log_in import LogIn
    from site_server.service.release_job import ReleaseJob
    from site_server.store.unit_of_work import UnitOfWork

FORGET_EVERY_MS: Final = 3_600_000
"""Rows of what is over are looked for once an hour: that walks through the whole table."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perishable:
    """Whose things run out."""

    log_in: LogIn
    incoming: IncomingJobs
    delete_job: DeleteJob
    copy_session: CopySession
    release_job: ReleaseJob
    claimed_cards: ClaimedCards


class Expire:
    """Looks after time."""

    def __init__(self, ground: Ground, perishable: Perishable, times: Times) -> None:
        self._store = ground.store
        self._clock = ground.clock
        self._perishable = perishable
        self._times = times
        self._journal = PruneJournal(ground)
        self._due = asyncio.Event()
        self._forgotten_ms: int | None = None
        self._is_stuck = False

    def tick(self) -> None:
        """Say that time has passed."""
        self._due.set()

    async def run(self) -> None:
        """Do what is due after each tick, for ever."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self.once()
            except (StorageError, StorageFullError) as error:
                self._note(stuck=True, why=str(error))
            else:
                self._note(stuck=False)

    async def once(self) -> None:
        """End everything that has run out by now, and send on what waits for another attempt."""
        now_ms = self._clock.wall_ms()
        perishable, times = self._perishable, self._times
        perishable.incoming.abort_idle(times.incoming_ms)
        await perishable.log_in.end_idle(times.session_idle_ms)
        await perishable.delete_job.expire_before(now_ms - times.hold_ms)
        await perishable.copy_session.give_up_before(now_ms - times.copy_open_ms)
        await perishable.release_job.release_waiting()
        await perishable.claimed_cards.tidy(now_ms - times.ended_kept_ms)
        await self._journal.once()
        await self._forget(now_ms - times.ended_kept_ms)

    async def _forget(self, before_wall_ms: int) -> None:
        """Delete the rows of what ended long ago; the journal keeps its story."""
        now_ms = self._clock.monotonic_ms()
        if self._forgotten_ms is not None and now_ms - self._forgotten_ms < FORGET_EVERY_MS:
            return

        def work(unit: UnitOfWork) -> int:
            return (
                unit.jobs.forget_ended_before(before_wall_ms)
                + unit.sessions.forget_closed_before(before_wall_ms)
                + unit.copies.forget_finished_before(before_wall_ms)
            )

        forgotten = await self._store.write(work)
        self._forgotten_ms = now_ms
        if forgotten:
            _log.info("%d old rows forgotten", forgotten)

    def _note(self, *, stuck: bool, why: str = "") -> None:
        if stuck and not self._is_stuck:
            _log.warning("what has run out cannot be ended: %s", why)
        if self._is_stuck and not stuck:
            _log.info("what has run out is ended again")
        self._is_stuck = stuck
