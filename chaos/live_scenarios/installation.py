"""Opens the lab of a plan: headquarters, its branches and their people, ready to work."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.live.lab import LabPlan, open_lab
from chaos.live.wan_choice import WanChoice
from chaos.live_scenarios.organisation import organisation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chaos.live.branch import Branch
    from chaos.live.lab import Lab
    from chaos.live_scenarios.plan import Plan

LINK: Final = {
    "beat_ms": 200,
    "lost_beats": 3,
    "offline_ms": 1_000,
    "good_beats": 3,
    "good_window_ms": 2_000,
    "hold_down_first_ms": 500,
    "hold_down_max_ms": 1_000,
}
"""Ten times as fast as in the field; and however often the link falls, it comes back soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A lab of a plan that runs."""

    plan: Plan
    lab: Lab
    branches: dict[str, Branch]


@asynccontextmanager
async def open_installation(plan: Plan, folder: Path) -> AsyncIterator[Installation]:
    """Everything of `plan` in `folder`, except its late sites; it ends with the context."""
    names = (*plan.site_names, *plan.late)
    path = folder / "organisation.toml"
    path.write_text(organisation(names, plan.credit), encoding="utf-8")
    lab_plan = LabPlan(
        folder=folder,
        site_names=names,
        organisation=path,
        wan=WanChoice.TOXIPROXY,
        link_timing=LINK,
    )
    async with open_lab(lab_plan) as lab:
        await lab.start_primary()
        for name in plan.site_names:
            await lab.start_printer(name, printing_ms=plan.printing_ms)
        async with asyncio.TaskGroup() as starting:
            for name in plan.site_names:
                starting.create_task(lab.start_site(name))
        branches = {name: await lab.open_branch(name) for name in plan.site_names}
        yield Installation(plan=plan, lab=lab, branches=branches)
