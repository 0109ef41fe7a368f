"""`holdfast-site` as a real process, with a printer, a panel and a primary around it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos.history import Outcome
from chaos.live.branch import Branch, Person
from chaos.live.lab import FAST_LINK, Lab, LabPlan
from chaos.live.processes import Finished, run
from chaos.live.wan_choice import WanChoice
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.printer import VirtualPrinter

ADA = Person(user_name="ada", card_number="04A1B2C3D4")
DOCUMENT = write_document("letter", (PageInk.MONO, PageInk.COLOUR))
COST_MICROS = 300_000
OPENING_MICROS = 20_000_000
COMMAND_MS = 30_000


async def site(*arguments: str, given: str = "") -> Finished:
    """`holdfast-site` with these arguments, until it ends."""
    argv = (sys.executable, "-m", "site_server", *arguments)
    return await run(argv, within_ms=COMMAND_MS, given=given)


@dataclass(frozen=True, slots=True)
class Scene:
    """A site with its printer and a panel."""

    lab: Lab
    branch: Branch
    printer: VirtualPrinter

    async def held(self) -> dict[str, Any]:
        sent = await self.branch.send(DOCUMENT, ADA)
        assert sent.outcome is Outcome.OK, sent.reason
        return await self.branch.until_held(ADA, DOCUMENT)

    async def state_of(self, job_uuid: str) -> str:
        jobs = await self.branch.site.admin.jobs()
        return next(job.state for job in jobs if job.job_uuid == job_uuid)

    async def all_settled(self) -> bool:
        return bool((await self.branch.site.admin.status())["deliveries"] == 0)

    async def number_recorded(self) -> bool:
        kinds = [entry.kind for entry in await self.branch.site.admin.journal()]
        return "job_released" in kinds and len(self.printer.received()) > 0

    async def ada_is_known(self) -> bool:
        return (await self.branch.panel.log_in(ADA.card_number)).outcome is Outcome.OK

    async def spent_micros(self) -> int:
        return OPENING_MICROS - (await self.branch.site.admin.balance("ada")).effective_micros


def one_site(folder: Path) -> LabPlan:
    """A branch with real processes, and a WAN that can be cut."""
    return LabPlan(folder=folder, site_names=("oslo",), wan=WanChoice.RELAY, link_timing=FAST_LINK)


async def start(lab: Lab) -> Scene:
    """Start the primary, the printer and the site of that plan."""
    await lab.start_primary()
    printer = await lab.start_printer("oslo")
    await lab.start_site("oslo")
    return Scene(lab, await lab.open_branch("oslo"), printer)
