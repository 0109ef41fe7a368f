"""The day itself: open the company, let people come, end the outages, close the books."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from chaos.day.books import books_of, observe_company
from chaos.day.company import POOR_EVERY, organisation
from chaos.day.crowd import Counter, Crowd
from chaos.day.gauges import Gauges
from chaos.day.outages import Outages
from chaos.day.outcome import DayOutcome, calls_of
from chaos.day.script import user_name, visits
from chaos.live.ipp_client import IppClient
from chaos.live.lab import Lab, LabPlan
from chaos.live.observe import observe_opening, until_settled
from chaos.live.waiting import until
from chaos.scenarios.closing import judge
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from chaos.day.script import Visit
    from chaos.day.timetable import DayPlan
    from chaos.live.wan_choice import WanChoice

WAVE: Final = 2
"""Sites that start at the same time: as many as there are cores, or each waits for all others."""
SETTLE_MS: Final = 180_000
PATIENCE_MS: Final = 60_000
CREDIT_MICROS: Final = 5_000_000
LINK_TIMING: Final[Mapping[str, int]] = {
    "beat_ms": 1_000,
    "lost_beats": 3,
    "offline_ms": 4_000,
    "good_beats": 3,
    "good_window_ms": 6_000,
}
"""A line is missed after seconds, because an hour of this day takes half a minute."""


def lab_plan(plan: DayPlan, folder: Path, wan: WanChoice) -> LabPlan:
    """The installation; its organisation file is written into the folder."""
    path = folder / "organisation.toml"
    path.write_text(organisation(plan), encoding="utf-8")
    return LabPlan(
        folder=folder,
        site_names=plan.site_names,
        organisation=path,
        wan=wan,
        link_timing=LINK_TIMING,
    )


class Day:
    """One day in an open lab."""

    def __init__(self, lab: Lab, plan: DayPlan, say: Callable[[str], None]) -> None:
        self._lab = lab
        self._plan = plan
        self._say = say
        self._counters: dict[str, Counter] = {}

    async def live(self) -> DayOutcome:
        """From the opening of the company to the closing of its books."""
        async with AsyncExitStack() as stack:
            await self._open(stack)
            opening = await observe_opening(self._lab.primary.api)
            crowd = Crowd(plan=self._plan, counters=self._counters)
            gauges = Gauges()
            outages = Outages(self._lab, self._plan, self._say)
            began_ms = await self._working_hours(crowd, gauges, outages)
            self._say("closed; what is left drains, and the books are added up")
            await until_settled(self._lab, within_ms=SETTLE_MS)
            state = await observe_company(self._lab, opening, _who_came(visits(self._plan)))
        history = self._lab.history.history()
        return DayOutcome(
            plan=self._plan,
            calls=calls_of(history, self._plan, began_ms),
            outages=outages.done,
            unserved=crowd.unserved,
            gauges=gauges,
            books=books_of(state),
            verdicts=judge(history, state),
            documents=sum(found.completed for found in state.documents),
        )

    async def _open(self, stack: AsyncExitStack) -> None:
        lab = self._lab
        await lab.start_primary()
        self._say(f"headquarters is up, the lines are cut by {lab.wan_kind}")
        turn = asyncio.Semaphore(WAVE)

        async def branch(name: str) -> None:
            async with turn:
                await lab.start_printer(name)
                await lab.start_site(name)

        async with asyncio.TaskGroup() as starts:
            for name in self._plan.site_names:
                starts.create_task(branch(name))
        for name in self._plan.site_names:
            opened = await lab.open_branch(name)
            client = IppClient(opened.site.ipp_port, f"/printers/{name}-secure")
            counter = Counter(
                site=opened.site,
                panel=opened.panel,
                printing=await stack.enter_async_context(client),
            )
            self._counters[name] = counter
        await until(self._all_online, "all sites online", within_ms=PATIENCE_MS, every_ms=500)
        self._say(f"{self._plan.sites} branches are open")

    async def _all_online(self) -> bool:
        for site in self._lab.sites.values():
            if (await site.admin.status())["link_state"] != "online":
                return False
        return True

    async def _working_hours(self, crowd: Crowd, gauges: Gauges, outages: Outages) -> float:
        began_s, began_ms = asyncio.get_running_loop().time(), SystemClock().monotonic_ms()
        async with asyncio.TaskGroup() as day:
            looking = day.create_task(gauges.run(self._lab, began_s))
            async with asyncio.TaskGroup() as work:
                work.create_task(crowd.come(visits(self._plan), began_s))
                work.create_task(outages.run(began_s))
                work.create_task(self._give_credit(began_s))
            closing_s = began_s + self._plan.seconds
            await asyncio.sleep(max(0.0, closing_s - asyncio.get_running_loop().time()))
            looking.cancel()
        return began_ms

    async def _give_credit(self, began_s: float) -> None:
        """Headquarters books credits for some of the poor, before the first outage and between."""
        poor = range(POOR_EVERY - 1, self._plan.people, POOR_EVERY)
        for number, (person, hour) in enumerate(zip(poor, (8.3, 8.5, 11, 11.5, 12), strict=False)):
            due_s = began_s + self._plan.second(hour)
            await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
            request = f"day-{self._plan.seed}-{number}"
            booked = await self._lab.primary.api.adjust(
                user_name(person), CREDIT_MICROS, request_id=request
            )
            booked.expect("a credit")


def _who_came(script: Sequence[Visit]) -> Mapping[str, Sequence[str]]:
    came: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for visit in script:
        came[visit.site_name][user_name(visit.person)] = None
    return {name: tuple(people) for name, people in came.items()}
