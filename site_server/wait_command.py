"""`holdfast-site status --wait`: a bar that grows until the replica is at headquarters' head."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

from site_server.admin_client import ask_site
from site_server.errors import NotRunningError
from site_server.service.tell_bootstrap import percent

if TYPE_CHECKING:
    from pathlib import Path

LOOK_MS: Final = 200
STARTS_MS: Final = 10_000
"""How long a site may take until it answers: whoever waits often started it just now."""
BAR_CELLS: Final = 40


def bar(status: dict[str, Any]) -> str:
    """One line that says how far the replica is."""
    if status["position"] > 0 and status["txids_behind"] == 0:
        return f"ready at TXID {status['position']}"
    if status["wanted_bytes"] == 0:
        return f"waiting for headquarters (the link is {status['link_state']})"
    here = percent(status["fetched_bytes"], status["wanted_bytes"])
    cells = ("#" * (BAR_CELLS * here // 100)).ljust(BAR_CELLS, ".")
    done = f"{status['fetched_bytes']} of {status['wanted_bytes']} bytes"
    return f"[{cells}] {here} %, {done}, TXID {status['position']} of {status['head_txid']}"


def wait(data_dir: Path) -> None:
    """Show the bar until the replica is whole and newest. Errors: `NotRunningError`."""
    asyncio.run(_wait(data_dir))


async def _wait(data_dir: Path) -> None:
    said, silent_ms = "", 0
    while not said.startswith("ready"):
        try:
            now = bar(await ask_site(data_dir, "/admin/v1/status"))
            silent_ms = 0
        except NotRunningError:
            silent_ms += LOOK_MS
            if silent_ms >= STARTS_MS:
                raise
            now = "waiting for the site to start"
        if now != said:
            _show(now)
        said = now
        await asyncio.sleep(LOOK_MS / 1000)
    if sys.stdout.isatty():
        sys.stdout.write("\n")


def _show(line: str) -> None:
    """Over the line before on a terminal, below it elsewhere."""
    sys.stdout.write(f"\r\x1b[K{line}" if sys.stdout.isatty() else f"{line}\n")
    sys.stdout.flush()
