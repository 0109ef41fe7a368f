"""The three outages of the day, as they are done to real lines and processes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from chaos.day.timetable import OUTAGES, Reach, clock
from chaos.history import FaultKind
from chaos.live.nodes import PRIMARY

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.day.timetable import DayPlan, Outage
    from chaos.live.lab import Lab


class Outages:
    """Cuts and heals by the timetable; headquarters is killed and started again."""

    def __init__(self, lab: Lab, plan: DayPlan, say: Callable[[str], None]) -> None:
        self._lab = lab
        self._plan = plan
        self._say = say
        self.done: list[Outage] = []
        """As they really were: headquarters needs its time to come back."""

    async def run(self, began_s: float) -> None:
        """All of them, one after the other."""
        for outage in OUTAGES:
            await self._until(outage.begin, began_s)
            begin = self._hour(began_s)
            await self._begin(outage)
            await self._until(outage.end, began_s)
            await self._end(outage)
            self.done.append(replace(outage, begin=begin, end=self._hour(began_s)))

    def _hour(self, began_s: float) -> float:
        return self._plan.hour(asyncio.get_running_loop().time() - began_s)

    async def _until(self, hour: float, began_s: float) -> None:
        due_s = began_s + self._plan.second(hour)
        await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))

    async def _begin(self, outage: Outage) -> None:
        names = self._plan.cut_off(outage.reach)
        self._say(f"{clock(outage.begin)}  {outage.reach}: the line is down ({len(names)} sites)")
        if outage.reach is Reach.HEADQUARTERS:
            self._lab.history.fault(FaultKind.KILLED, PRIMARY, "headquarters loses power")
            await self._lab.primary.server.crash()
        for name in names:
            if outage.reach is Reach.HEADQUARTERS:
                self._lab.history.fault(FaultKind.WAN_CUT, name, "headquarters is gone")
            else:
                await self._lab.cut(name)

    async def _end(self, outage: Outage) -> None:
        names = self._plan.cut_off(outage.reach)
        if outage.reach is Reach.HEADQUARTERS:
            await self._lab.primary.start()
            self._lab.history.fault(FaultKind.STARTED, PRIMARY)
        for name in names:
            if outage.reach is Reach.HEADQUARTERS:
                self._lab.history.fault(FaultKind.WAN_HEALED, name, "headquarters is back")
            else:
                await self._lab.heal(name)
        self._say(f"{clock(outage.end)}  {outage.reach}: the line comes back")
