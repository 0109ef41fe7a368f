"""An administrator's orders about the link: a drill, a forced cut, and their ends.

Theory of operation
-------------------
An order is written first and obeyed then: whoever hears "yes" has an order that survives a restart,
and an order that could not be written was not given. Everything that writes how the link stands
goes through one lock here, so that nothing older is ever written over something newer.

Orders of headquarters are a row of the directory, so they come in the replica, as late and as often
as that does. Each has a number and is obeyed once. One that the table of the link refuses is passed
over, and the log says so; so is a drill that was ordered long ago, while the site was really cut:
nobody expects it any more. An order that is given here is no less than one of headquarters: the
newest counts, whoever gave it.

A drill and a forced cut change the rules only. Journal, replica and beats go on underneath:
nothing is put at risk by a rehearsal, and headquarters can end from afar what it began.

Rejected: to cut the link for real. A drill would then collect a backlog, headquarters could not end
it, and a forced cut could only be ended by somebody who goes there.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from failure_modes.errors import IllegalTransitionError
from failure_modes.vocabulary import LinkEvent, LinkState
from replication.errors import ReplicationError, StorageError, StorageFullError
from site_server.causes import Cause
from site_server.ports import LinkOrder
from site_server.refusals import refusal
from site_server.service.drill_report import DrillReport, read_reports, report_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from site_server.ports import LinkStanding
    from site_server.service.ground import Ground
    from site_server.service.record_drill import RecordDrill
    from site_server.store.drills import Counted
    from site_server.store.unit_of_work import UnitOfWork

DRILL_ORDER_AGE_MAX_MS: Final = 3_600_000
"""From which on a drill is not begun any more: whoever ordered it stopped waiting for it."""

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """What an order did."""

    link_state: LinkState
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReports:
    """The drill that is on, if any, and those that have ended, newest first."""

    on: DrillReport | None
    ended: tuple[DrillReport, ...]

    @property
    def last(self) -> DrillReport | None:
        """The newest one."""
        return self.on or next(iter(self.ended), None)


class LinkOrders:
    """Obeys, and remembers. `start` must run first."""

    def __init__(self, ground: Ground, drill: RecordDrill) -> None:
        self._store = ground.store
        self._directory = ground.directory
        self._link = ground.link
        self._clock = ground.clock
        self._supervisor = ground.supervisor
        self._drill = drill
        self._lock = asyncio.Lock()
        self._written: LinkStanding | None = None

    def start(self) -> None:
        """Go on with the drill that was on before a restart."""
        with self._store.read() as site:
            self._written = site.link_memory.get()
            drill = site.drills.open()
        if drill is not None and self._link.state is LinkState.DRILL:
            self._drill.begin(drill.number)

    async def give(self, event: LinkEvent) -> Obeyed:
        """Obey an order that is given here; raises `RefusedError` where that cannot be."""
        try:
            return await self._obey(LinkOrder(order=event, given_wall_ms=self._clock.wall_ms()))
        except IllegalTransitionError as error:
            raise refusal(Cause.DRILL_IN_FORCED_CUT) from error

    async def obey_headquarters(self) -> None:
        """Obey headquarters' newest order, if it was not seen here before."""
        newest = self._newest_of_headquarters()
        if newest is None or (newest[0].number or 0) <= self._link.standing.order_number:
            return
        order, is_late = newest
        here = replace(order, given_wall_ms=self._clock.wall_ms())
        log.warning("headquarters orders: %s", order.order)
        if is_late:
            await self._pass_over(here, "it was ordered too long ago to begin now")
            return
        try:
            await self._obey(here)
        except IllegalTransitionError:
            await self._pass_over(here, "the site is cut off by force")

    async def reports(self) -> DrillReports:
        """What the drills showed, up to now."""
        await self._drill.flush()
        with self._store.read() as site:
            drill = site.drills.open()
            on = None
            if drill is not None:
                on = report_of(site, drill, self._clock.wall_ms(), ended=False)
            return DrillReports(on=on, ended=tuple(read_reports(site.drills.reports())))

    async def remember(self) -> None:
        """Write how the link stands, if that is not what stands written."""
        async with self._lock:
            standing = self._link.standing
            if standing != self._written:
                await self._store.write(lambda unit: unit.link_memory.put(standing))
                self._written = standing

    async def run_memory(self) -> None:
        """Remember each change, for ever."""
        while True:
            changed = self._link.changed
            await self._retried("the memory of the link", self.remember)
            await changed.wait()

    async def run_orders(self) -> None:
        """Obey whatever headquarters orders, for ever."""
        while True:
            applied = self._link.applied
            await self._retried("an order of headquarters", self.obey_headquarters)
            await applied.wait()

    async def _retried(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do that, again and again where the disk does not take it."""

        async def attempt() -> str:
            try:
                await work()
            except (StorageError, StorageFullError) as error:
                return str(error)
            return ""

        await self._supervisor.retry(name, attempt)

    def _newest_of_headquarters(self) -> tuple[LinkOrder, bool] | None:
        """The order in the replica, and whether it comes too late; no replica holds none."""
        try:
            with self._directory.read() as snapshot:
                order = snapshot.link_order() if snapshot else None
                heartbeat = snapshot.heartbeat() if snapshot else None
        except ReplicationError:
            return None
        if order is None:
            return None
        # Both times are of headquarters' own clock.
        age_ms = heartbeat.wall_ms - order.given_wall_ms if heartbeat else 0
        return order, order.order is LinkEvent.DRILL_STARTED and age_ms > DRILL_ORDER_AGE_MAX_MS

    async def _pass_over(self, order: LinkOrder, why: str) -> None:
        log.warning("%s of headquarters is passed over: %s", order.order, why)
        self._link.pass_over(order)
        await self.remember()

    async def _obey(self, order: LinkOrder) -> Obeyed:
        async with self._lock:
            standing = self._link.foresee(order)
            if standing.ordered is LinkState.DRILL:
                await self._begin_drill(order, standing)
            else:
                await self._end_drill(order, standing)
            self._written = standing
            changed = self._link.obey(order)
            return Obeyed(link_state=self._link.state, changed=changed)

    async def _begin_drill(self, order: LinkOrder, standing: LinkStanding) -> None:
        def work(unit: UnitOfWork) -> int:
            unit.link_memory.put(standing)
            return unit.drills.start(order.given_wall_ms).number

        self._drill.begin(await self._store.write(work))

    async def _end_drill(self, order: LinkOrder, standing: LinkStanding) -> None:
        number = self._drill.number
        counted = self._drill.stop()

        def work(unit: UnitOfWork) -> None:
            unit.link_memory.put(standing)
            _close_drill(unit, counted, order)

        try:
            await self._store.write(work)
        except BaseException:
            if number is not None:
                self._drill.put_back(counted)
                self._drill.begin(number)
            raise


def _close_drill(unit: UnitOfWork, counted: Counted, order: LinkOrder) -> None:
    drill = unit.drills.open()
    if drill is None:
        return
    unit.drills.add(drill.number, counted)
    report = report_of(unit, drill, order.given_wall_ms, ended=True)
    unit.drills.end(drill.number, order.given_wall_ms, report.model_dump_json())
