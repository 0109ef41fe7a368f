"""Ninety-five days without headquarters: python -m chaos.scenarios.long_outage.

A branch is cut off, and its clock and that of headquarters go on by months. Its certificate ends,
headquarters deletes every file that would lead from the branch's replica to the present, the rules
get tighter as configured, the branch's server is restarted in between; and people print. Then the
WAN heals.

The story begins in the past and ends in the present, so that whoever calls the servers lives in the
present all the time: a panel of the branch must trust its server on the last day as on the first.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.money_conserved import money_conserved
from chaos.checkers.released_once import released_once
from chaos.errors import ChaosError
from chaos.history import Outcome
from chaos.live.fake_clock import FakeClock
from chaos.live.lab import LabPlan, open_lab
from chaos.live.observe import observe, observe_opening, until_settled
from chaos.live.old_store import forget_the_past
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from chaos.pdf_writer import PageInk, write_document
from chaos.scenarios.main_job_steps import people
from chaos.scenarios.narration import Narrator
from failure_modes.vocabulary import LinkState
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.checkers.verdict import Verdict
    from chaos.live.branch import Branch
    from chaos.live.lab import Lab

DAY_MS: Final = 86_400_000
DAYS: Final = 95
DAYS_NEW: Final = 29
"""Whole days that a certificate has left which was made a moment ago."""
RULES: Final = {
    "credential_age_max_ms": 120 * DAY_MS,
    "offline_stop_ms": 150 * DAY_MS,
    "escalation": [{"after_ms": 30 * DAY_MS, "rules": {"pages_max": 2}}],
}
"""A branch that may be away for long, and prints less once it is."""
KEEP_JOBS: Final = {"times": {"ended_kept_ms": 365 * DAY_MS}}
LINK: Final = {
    "beat_ms": 500,
    "lost_beats": 3,
    "offline_ms": 3_000,
    "good_beats": 3,
    "good_window_ms": 6_000,
    "hold_down_first_ms": 500,
    "hold_down_max_ms": 1_000,
}
"""Quick, and patient enough for a machine that does other things too."""
CREDIT_MICROS: Final = 3_000_000
WITHIN_MS: Final = 40_000


class LongOutage:
    """The story, in a lab of its own."""

    def __init__(self, lab: Lab, clock: FakeClock, tell: Narrator) -> None:
        self._lab = lab
        self._clock = clock
        self._tell = tell
        self._ada = people()["ada"]
        self._printed = 0
        self._now_ms = SystemClock().wall_ms()

    async def tell(self) -> bool:
        """The whole of it; whether every promise was kept."""
        lab, tell = self._lab, self._tell
        self._clock.set_days(-DAYS)
        with tell.step("Headquarters and a branch, as on any day"):
            branch = await self._begin()
            opening = await observe_opening(lab.primary.api)
            await self._print(branch, pages=3)
        with tell.step(f"The WAN is cut; {DAYS} days pass"):
            await lab.cut("oslo")
            # The outage begins by the clock of the moment in which it is noticed.
            await self._until_link(LinkState.OFFLINE)
            left_at = int((await branch.site.admin.status())["position"])
            await self._print(branch, pages=3)
            await self._day(40)
            await self._print(branch, pages=1)
            await self._refuse(branch, pages=3)
        with tell.step("Headquarters goes on, and deletes what is too old"):
            for number in range(3):
                await lab.primary.api.adjust("ada", CREDIT_MICROS, request_id=f"credit-{number}")
            await self._forget(left_at)
        with tell.step("The branch restarts with a certificate that has expired"):
            await branch.site.server.stop()
            await branch.site.start()
            await self._day(DAYS)
            await self._print(branch, pages=1)
            status = await branch.site.admin.status()
            tell.say("days left of its certificate", status["certificate_days_left"])
            self._must(status["certificate_days_left"] < 0, "the certificate has not expired")
            self._must(status["pruned_seq"] == 0, "the journal was pruned")
        with tell.step("The WAN heals"):
            await lab.heal("oslo")
            await until_settled(lab)
            status = await branch.site.admin.status()
            tell.say("days left of its certificate", status["certificate_days_left"])
            self._must(status["certificate_days_left"] >= DAYS_NEW, "nothing was renewed")
            await self._until_link(LinkState.ONLINE)
        state = await observe(lab, opening)
        history = lab.history.history()
        return self._judge(
            money_conserved(state),
            exactly_once(state),
            acknowledged_survives(history, state),
            released_once(history, state),
        )

    async def _begin(self) -> Branch:
        lab, environ = self._lab, self._clock.environ
        lab.primary.server.environ = environ
        await lab.start_primary()
        await lab.start_printer("oslo")
        await lab.primary.api.put("/policies/site/oslo", {"rules": RULES})
        site = await lab.join_site("oslo", KEEP_JOBS)
        site.server.environ = environ
        await site.start()

        async def trusted() -> bool:
            return (await site.admin.health()).status > 0

        await until(trusted, "a certificate that panels trust for months", within_ms=WITHIN_MS)
        return await lab.open_branch("oslo")

    async def _until_link(self, state: LinkState) -> None:
        async def is_so() -> bool:
            status = await self._lab.sites["oslo"].admin.status()
            return str(status["link_state"]) == state

        await until(is_so, f"the branch to be {state}", within_ms=WITHIN_MS)

    async def _day(self, day: int) -> None:
        """Let it be that day for everybody."""
        self._clock.set_days(day - DAYS)
        site = self._lab.sites["oslo"]
        began_ms = self._now_ms - DAYS * DAY_MS

        async def knows() -> bool:
            return int((await site.admin.status())["wall_ms"]) >= began_ms + day * DAY_MS

        await until(knows, f"day {day} at the branch", within_ms=WITHIN_MS)
        self._tell.say("it is day", day)

    async def _print(self, branch: Branch, *, pages: int) -> None:
        self._printed += 1
        document = write_document(f"letter-{self._printed}", (PageInk.MONO,) * pages)
        await branch.print_now(document, self._ada)
        self._tell.say("printed", f"{document.name}, {pages} pages")

    async def _refuse(self, branch: Branch, *, pages: int) -> None:
        document = write_document("too-long", (PageInk.MONO,) * pages)
        await branch.send(document, self._ada)
        job = await branch.until_held(self._ada, document)
        answer = await branch.release(self._ada, str(job["job_uuid"]))
        self._must(answer.outcome is Outcome.REFUSED, "the tighter rule does not apply")
        self._tell.say("refused", f"{document.name}, {pages} pages: {answer.reason}")

    async def _forget(self, left_at: int) -> None:
        primary = self._lab.primary
        await primary.server.stop()
        oldest = await forget_the_past(primary.server.data_folder, left_at)
        self._tell.say("the branch is at TXID", left_at)
        self._tell.say("what is left begins with", oldest)
        await primary.start()

    def _must(self, is_so: bool, else_what: str) -> None:  # noqa: FBT001 - an assertion
        if not is_so:
            raise ChaosError(f"In the long outage {else_what}.")

    def _judge(self, *verdicts: Verdict) -> bool:
        for verdict in verdicts:
            self._tell.say(f"promise {verdict.promise}", verdict)
        return all(verdict.kept for verdict in verdicts)


async def run(narrator: Narrator, folder: Path) -> bool:
    """Tell it in that folder; whether every promise was kept."""
    plan = LabPlan(folder=folder, site_names=("oslo",), wan=WanChoice.RELAY, link_timing=LINK)
    async with open_lab(plan) as lab:
        return await LongOutage(lab, FakeClock(folder), narrator).tell()


def main(arguments: Sequence[str]) -> int:
    """The command line: 0 where every promise was kept."""
    argparse.ArgumentParser(prog="long_outage", description=__doc__).parse_args(arguments)
    narrator = Narrator(lambda text: print(text, flush=True))
    narrator.line(f"Holdfast: a branch without headquarters for {DAYS} days")
    with tempfile.TemporaryDirectory(prefix="long_outage-") as name:
        kept = asyncio.run(run(narrator, Path(name)))
    narrator.line(f"\n  Every promise kept: {'yes' if kept else 'no'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
