"""Headquarters and two branches as real processes, where people copy under strict credit."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos.history import Outcome
from chaos.live.lab import FAST_LINK, Lab, LabPlan
from chaos.live.observe import until_settled
from chaos.live.panel import Copies, Panel
from chaos.live.processes import Finished, run
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.nodes import SiteNode

ADA_CARD = "04A1B2C3D4"
COMMAND_MS = 60_000
WITHIN_MS = 30_000
NEW_EPOCHS = 100_000_000


@dataclass(slots=True)
class Disaster:
    """The lab, a panel at each branch, and what was copied there."""

    lab: Lab
    panels: dict[str, Panel] = field(default_factory=dict)
    copied_micros: int = 0

    async def begin(self, *site_names: str) -> None:
        """Everything runs, and every branch has the directory."""
        lab = self.lab
        await lab.start_primary()
        rules = {"rules": {"credit": "strict"}}
        (await lab.primary.api.put("/policies/global/-", rules)).expect("set a policy")
        for name in site_names:
            token = await lab.primary.api.device_token(f"{name}-p", name, f"{name}-laser")
            site = await lab.start_site(name)
            self.panels[name] = site.panel(token)
        txid = await lab.primary.api.txid()
        for name in site_names:
            site = lab.sites[name]
            await until(
                lambda site=site: site.has_directory(txid),  # type: ignore[misc]
                "the directory",
                within_ms=WITHIN_MS,
            )

    async def copies(self, site_name: str, pages: int = 1) -> bool:
        """Whether Ada could copy so many pages there."""
        panel = self.panels[site_name]
        session = await panel.session(ADA_CARD)
        started = await panel.start_copies(session, Copies(pages=pages))
        if started.outcome is not Outcome.OK:
            return False
        copy_uuid = str(started.expect("copy")["copy_uuid"])
        finished = await panel.finish_copies(session, copy_uuid, mono_pages=pages)
        self.copied_micros += int(finished.expect("finish")["cost_micros"])
        return True

    async def spends_all(self, site_name: str) -> None:
        """Ada copies there for as long as anything is let out."""
        for pages in (50, 10):
            while await self.copies(site_name, pages):
                pass

    async def copies_soon(self, site_name: str, pages: int = 1) -> None:
        """The same, once the branch has the allowance for it."""
        await until(lambda: self.copies(site_name, pages), "an allowance", within_ms=WITHIN_MS)

    async def settled(self) -> None:
        await until_settled(self.lab)

    async def allowance_micros(self, site_name: str) -> int:
        """What that branch may spend of Ada's money."""
        return await self.lab.sites[site_name].admin.allowance_micros("ada")

    async def ada(self) -> dict[str, Any]:
        """Ada's money at headquarters."""
        answer = await self.lab.primary.api.get("/users/ada/balance")
        return dict(answer.expect("read a balance"))

    async def health(self) -> dict[str, Any]:
        return dict((await self.lab.primary.api.health()).body)

    async def crash_primary(self) -> None:
        """The machine of headquarters dies."""
        await self.lab.primary.server.crash()
        await self.lab.primary.close()

    async def start_primary(self) -> None:
        await self.lab.primary.server.start()

    async def primary(self, *arguments: str | Path, given: str = "") -> Finished:
        """`holdfast-primary` with these arguments."""
        config = self.lab.primary.server.config_path
        argv = (sys.executable, "-m", "primary", *map(str, arguments), "--config", str(config))
        return await run(argv, within_ms=COMMAND_MS, given=given)

    async def killed_and_done(self, *arguments: str | Path) -> str:
        """The command, killed as soon as it touched the data folder, and then run again."""
        config = self.lab.primary.server.config_path
        data = self.lab.primary.server.data_folder
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "primary", *map(str, arguments), "--config", str(config)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

        async def touched() -> bool:
            return process.returncode is not None or (data / ".restore/directory.db").exists()

        await until(touched, "it to begin", within_ms=COMMAND_MS, every_ms=1)
        if process.returncode is None:
            process.kill()
        await process.wait()
        done = await self.primary(*arguments)
        assert done.exit_status == 0, done.errors
        return done.output

    async def ticket(self, site: SiteNode) -> str:
        """A rebuild ticket of that branch."""
        argv = (sys.executable, "-m", "site_server", "give-directory")
        data = str(site.server.data_folder)
        done = await run((*argv, "--data", data), within_ms=COMMAND_MS)
        assert done.exit_status == 0, done.errors
        return done.output.strip()


def plan_in(folder: Path) -> LabPlan:
    return LabPlan(
        folder=folder,
        wan=WanChoice.RELAY,
        link_timing=FAST_LINK,
        primary_settings={"": {"heartbeat_ms": 300}},
    )
