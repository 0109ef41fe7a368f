"""`holdfast-site drill` and `holdfast-site force-offline`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from failure_modes.vocabulary import LinkEvent
from site_server.admin_client import ask_site

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

REPORT: Final = "report"
DRILL: Final = {"start": LinkEvent.DRILL_STARTED, "stop": LinkEvent.DRILL_ENDED}
FORCE: Final = {"on": LinkEvent.FORCE_STARTED, "off": LinkEvent.FORCE_ENDED}


def add_drill(parser: argparse.ArgumentParser) -> None:
    """The arguments of `drill`."""
    parser.add_argument(
        "what", choices=[*DRILL, REPORT], help="pretend that the WAN is cut, end that, or tell"
    )


def add_force_offline(parser: argparse.ArgumentParser) -> None:
    """The arguments of `force-offline`."""
    parser.add_argument("what", choices=list(FORCE), help="decide by the rules of an outage, or no")


def drill(data_dir: Path, what: str) -> str:
    """Do that with a drill of the running site; what to print."""
    if what == REPORT:
        return "\n".join(asyncio.run(ask_site(data_dir, "/admin/v1/drills/last"))["lines"])
    return _order(data_dir, DRILL[what])


def force_offline(data_dir: Path, what: str) -> str:
    """Begin or end a forced cut of the running site; what to print."""
    return _order(data_dir, FORCE[what])


def _order(data_dir: Path, order: LinkEvent) -> str:
    said = asyncio.run(ask_site(data_dir, "/admin/v1/link/orders", {"order": order}))
    changed = "now" if said["changed"] else "as before"
    return f"The link is {said['link_state']}, {changed}."
