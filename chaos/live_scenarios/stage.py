"""Where a scenario is played: an installation, people at work in it, and what a story needs.

A story calls this and nothing else for what is common to all: it lets people work, does a fault for
a while, says what happens, and checks what only it can know. The promises are judged by the frame
when the story is over.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaos.errors import ChaosError
from chaos.history import FaultKind, History
from chaos.live.observe import until_settled
from chaos.live.toxiproxy import Toxic, ToxiproxyWan
from chaos.live.waiting import until
from chaos.live_scenarios.crew import Crew
from chaos.live_scenarios.timeline import MarkKind, Timeline
from failure_modes.link import UP

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from chaos.live.branch import Branch
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode

WITHIN_MS: Final = 40_000
CUT: Final = "WAN cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that a story itself looked at."""

    text: str
    ok: bool


class Stage:
    """The installation during one story. `branches` are those that are open."""

    def __init__(self, lab: Lab, branches: dict[str, Branch], name: str) -> None:
        self.lab = lab
        self.branches = branches
        self.timeline = Timeline()
        self.checks: list[Check] = []
        self._name = name
        self._crews: dict[str, Crew] = {}
        self._ill: dict[str, str] = {}
        self._records_before = len(lab.history.history().records)

    # What was seen

    @property
    def history(self) -> History:
        """What clients saw, and what was done, since this story began."""
        return History(records=self.lab.history.history().records[self._records_before :])

    def say(self, text: str, site: str = "") -> None:
        """A line on the timeline."""
        self.timeline.mark(MarkKind.SAID, text, site)

    def check(self, ok: bool, text: str) -> None:  # noqa: FBT001 - an assertion
        """Something that must be so, in words that are true where it is so."""
        self.checks.append(Check(text=text, ok=ok))
        self.say(text if ok else f"NOT SO: {text}")

    # Faults

    def began(self, site: str, name: str, kind: FaultKind = FaultKind.BEGAN) -> None:
        """Write down that this fault began at `site` (or 'primary') just now."""
        self.lab.history.fault(kind, site, name)
        self.timeline.mark(MarkKind.BEGAN, name, site)

    def ended(self, site: str, name: str, kind: FaultKind = FaultKind.ENDED) -> None:
        """Write down that it ended."""
        self.lab.history.fault(kind, site, name)
        self.timeline.mark(MarkKind.ENDED, name, site)

    @asynccontextmanager
    async def fault(self, site: str, name: str) -> AsyncIterator[None]:
        """Whatever is done inside is this fault; its end is written down also on an error."""
        self.began(site, name)
        try:
            yield
        finally:
            self.ended(site, name)

    async def cut(self, site: str) -> None:
        """Swallow every byte between this site and headquarters, until `heal`."""
        await self.wan(site).cut()
        self.wan_is_ill(site, CUT)

    async def poison(self, site: str, name: str, *toxics: Toxic) -> None:
        """Let toxiproxy do this to the site's WAN, beside what it does already, until `heal`."""
        for toxic in toxics:
            await self.wan(site).poison(toxic)
        self.wan_is_ill(site, name)

    async def unplug(self, site: str) -> None:
        """Close and refuse every connection between the site and headquarters, until `heal`."""
        await self.wan(site).unplug()
        self.wan_is_ill(site, "WAN unplugged")

    async def heal(self, site: str) -> None:
        """End everything that was done to the site's WAN by toxiproxy."""
        name = self._ill.pop(site, "")
        if name:
            self.ended(site, name, FaultKind.WAN_HEALED)
        await self.wan(site).cure()

    def wan_is_ill(self, site: str, name: str) -> None:
        """Write down that the site's WAN has this trouble from now on, until `heal`."""
        before = self._ill.pop(site, "")
        if before:
            self.ended(site, before, FaultKind.WAN_HEALED)
        self._ill[site] = name
        self.began(site, name, FaultKind.WAN_CUT if name == CUT else FaultKind.WAN_SPOILED)

    def wan(self, site: str) -> ToxiproxyWan:
        """The toxiproxy in front of this site's WAN."""
        wan = self.lab.wans[site]
        if not isinstance(wan, ToxiproxyWan):
            raise ChaosError("These scenarios need toxiproxy. Install it: make tools.")
        return wan

    # People

    @asynccontextmanager
    async def at_work(self, *sites: str) -> AsyncIterator[None]:
        """People print, release, copy and are refused at these branches (all where none is named).

        They go on while the body runs, through whatever it does.
        """
        self._crews = {
            site: Crew(self.branches[site], f"{self._name}-{site}")
            for site in sites or self.branches
        }
        for crew in self._crews.values():
            await crew.settle_in()
        async with asyncio.TaskGroup() as group:
            for crew in self._crews.values():
                group.create_task(crew.work())
            try:
                yield
            finally:
                for crew in self._crews.values():
                    crew.end()

    async def visits(
        self, count: int, *, sites: tuple[str, ...] = (), at_least_ms: int = 0
    ) -> None:
        """Wait until people came through so many rounds more at each of these branches."""
        crews = [self._crews[site] for site in sites or self._crews]
        wanted = [(crew, crew.visits + count) for crew in crews]
        since_ms = self.timeline.now_ms

        async def done() -> bool:
            long_enough = self.timeline.now_ms - since_ms >= at_least_ms
            return long_enough and all(crew.visits >= visits for crew, visits in wanted)

        what = f"{count} rounds of work at {', '.join(sites or self._crews)}"
        await until(done, what, within_ms=WITHIN_MS + at_least_ms)

    def troubles(self, site: str) -> tuple[str, ...]:
        """What ended a round of work early at this branch."""
        return tuple(self._crews[site].troubles)

    async def fetch_the_rest(self) -> None:
        """Release what is still held, until nothing is; the frame does it when a story is over."""
        for site, branch in self.branches.items():
            crew = self._crews.get(site) or Crew(branch, site)
            while await crew.fetch_the_rest():
                await until_settled(self.lab)

    # Sites

    async def join(self, site: str) -> SiteNode:
        """Let a late site join, over a WAN of its own; it is not started yet."""
        await self.lab.start_printer(site)
        return await self.lab.join_site(site)

    async def open(self, site: str) -> Branch:
        """The branch of a late site that was started, once its replica knows its panel."""
        self.branches[site] = await self.lab.open_branch(site)
        return self.branches[site]

    async def until_link(self, site: str, *states: str) -> None:
        """Wait until the site says that its link is in one of these states."""
        await self.until_status(
            site, " or ".join(states), lambda status: str(status["link_state"]) in states
        )

    async def until_up(self, site: str) -> None:
        """Wait until the site has a link."""
        await self.until_link(site, *sorted(str(state) for state in UP))

    async def until_status(
        self,
        site: str,
        what: str,
        is_so: Callable[[Mapping[str, Any]], bool],
        *,
        within_ms: int = WITHIN_MS,
    ) -> None:
        """Wait until what the site says of itself is so; no answer is not yet."""

        async def look() -> bool:
            try:
                return is_so(await self.lab.sites[site].admin.status())
            except ChaosError:
                return False

        await until(look, f"{site}: {what}", within_ms=within_ms)

    async def settled(self) -> None:
        """Wait until every site is drained, caught up, and has nothing on its way."""
        await until_settled(self.lab)

    async def cure_all(self) -> None:
        """Heal every WAN that toxiproxy holds."""
        for site, wan in self.lab.wans.items():
            if isinstance(wan, ToxiproxyWan):
                await self.heal(site)
