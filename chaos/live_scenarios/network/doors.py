"""How often a branch called headquarters, as toxiproxy wrote it down."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live_scenarios.stage import Stage

LOG: Final = "toxiproxy.log"
ACCEPTED: Final = "Accepted client"


async def connections(stage: Stage, site: str) -> int:
    """Connections of this site that toxiproxy took since it runs."""
    return await asyncio.to_thread(accepted, stage.lab.plan.folder / LOG, site)


def accepted(log: Path, site: str) -> int:
    """The same, from this log."""
    lines = log.read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines if ACCEPTED in line]
    return sum(event.get("name") == site for event in events)
