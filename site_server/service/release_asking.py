"""Releases of a node without a replica: it asks first, and looks after what waits for an answer.

The question comes before anything is decided or written; what follows is the release of a site, in
one transaction of this node's own store. At each tick the node asks for its queues and printers if
that is due, charges what was printed unanswered, and sends on what was held meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_server.service.charged_to import THE_USER
from site_server.service.release_job import Released, ReleaseJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from failure_modes.vocabulary import LinkState
    from replication.ports import Clock
    from site_server.service.charged_to import Charge
    from site_server.service.dispatch import Dispatcher
    from site_server.service.ground import Ground
    from site_server.service.hearsay import Hearsay
    from site_server.service.settle_late import SettleLate
    from site_server.service.unanswered import WatchOfflineLog
    from site_server.service.view import Decider


class Refresh:
    """Asks for this node's own queues and printers, every `every_ms`."""

    def __init__(
        self, hearsay: Hearsay, clock: Clock, every_ms: int, on_told: Callable[[], None]
    ) -> None:
        self._hearsay = hearsay
        self._clock = clock
        self._every_ms = every_ms
        self._on_told = on_told
        self._heard_ms: int | None = None

    async def once(self) -> None:
        """Ask if it is time; where nobody answers, it stays so."""
        now_ms = self._clock.monotonic_ms()
        if self._heard_ms is not None and now_ms - self._heard_ms < self._every_ms:
            return
        if await self._hearsay.refresh():
            self._heard_ms = now_ms
            self._on_told()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What such a node has beside the services of a site."""

    hearsay: Hearsay
    offline_log: WatchOfflineLog
    refresh: Refresh
    settle_late: SettleLate


class AskingRelease(ReleaseJob):
    """Releases jobs after asking."""

    def __init__(
        self, ground: Ground, decider: Decider, dispatcher: Dispatcher, asks: Asks
    ) -> None:
        super().__init__(ground, decider, dispatcher)
        self._asks = asks

    async def release(
        self,
        job_uuid: str,
        user_name: str,
        printer_name: str,
        charge: Charge = THE_USER,
        *,
        link: LinkState | None = None,
    ) -> Released:
        """Send the user's job to that printer; raises `RefusedError` where it may not go."""
        await self._asks.hearsay.ask_about(user_name)
        try:
            # Nothing is awaited between the answer and its use: see `hearsay`.
            return await super().release(job_uuid, user_name, printer_name, charge, link=link)
        finally:
            self._asks.hearsay.forget(user_name)
            self._asks.offline_log.look()

    async def release_waiting(self) -> None:
        """Do what waits for an answer, and send on what waits for a new attempt."""
        await self._asks.refresh.once()
        await self._asks.settle_late.once()
        self._asks.offline_log.look()
        await super().release_waiting()
