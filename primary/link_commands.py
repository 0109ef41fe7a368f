"""`holdfast-primary drill` and `holdfast-primary force-offline`."""

import argparse
import asyncio
from pathlib import Path
from typing import Final
from urllib.parse import quote

from failure_modes.vocabulary import LinkEvent
from primary.admin_client import call_primary

DRILL: Final = {"start": LinkEvent.DRILL_STARTED, "stop": LinkEvent.DRILL_ENDED}
FORCE: Final = {"on": LinkEvent.FORCE_STARTED, "off": LinkEvent.FORCE_ENDED}


def add_drill(parser: argparse.ArgumentParser) -> None:
    """The arguments of `drill`."""
    parser.add_argument("--site", metavar="NAME", required=True)
    parser.add_argument("what", choices=list(DRILL))


def add_force_offline(parser: argparse.ArgumentParser) -> None:
    """The arguments of `force-offline`."""
    parser.add_argument("--site", metavar="NAME", required=True)
    parser.add_argument("what", choices=list(FORCE))


def drill(data_dir: Path, wanted: argparse.Namespace) -> str:
    """Order a site to begin or end a drill; what to print."""
    return _order(data_dir, wanted.site, DRILL[wanted.what])


def force_offline(data_dir: Path, wanted: argparse.Namespace) -> str:
    """Order a site to begin or end a forced cut; what to print."""
    return _order(data_dir, wanted.site, FORCE[wanted.what])


def _order(data_dir: Path, site_name: str, order: LinkEvent) -> str:
    path = f"/api/v1/sites/{quote(site_name, safe='')}/link-orders"
    given = asyncio.run(call_primary(data_dir, "POST", path, {"order": order.value}))
    return f"{order} is ordered, number {given['number']}; {site_name} obeys once it hears of it."
