"""`holdfast-primary allowances`: what a site may spend alone, and writing a lost site off."""

import argparse
import asyncio
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from primary.admin_client import call_primary

MICROS_PER_UNIT: Final = 1_000_000


def add_allowances(parser: argparse.ArgumentParser) -> None:
    """The arguments of `allowances`."""
    parser.add_argument("--site", metavar="NAME", required=True)
    parser.add_argument(
        "--write-off",
        metavar="MICROS",
        type=int,
        help="the site is lost: shut it out and free what it may spend; name the sum listed here, "
        "which is what may be lost",
    )


def allowances(data_dir: Path, wanted: argparse.Namespace) -> str:
    """List them or write the site off; what to print. Errors: `RefusedError`."""
    path = f"/api/v1/sites/{quote(wanted.site, safe='')}"
    if wanted.write_off is None:
        return _listed(asyncio.run(call_primary(data_dir, "GET", f"{path}/allowances")))
    body = {"risk_micros": wanted.write_off}
    freed = asyncio.run(call_primary(data_dir, "POST", f"{path}/write-off", body))
    return (
        f"{wanted.site} is shut out, and {_money(freed['risk_micros'])} of {len(freed['items'])} "
        "payers is free for others. Join it again with a new token."
    )


def _listed(found: dict[str, Any]) -> str:
    site_name, risk_micros = found["site_name"], found["risk_micros"]
    if not found["items"]:
        return f"{site_name} may spend nothing alone."
    lines = [f"{each['payer']} {_money(each['granted_micros'])}" for each in found["items"]]
    total = f"{site_name} may spend {_money(risk_micros)} alone. If it is lost for good: "
    return "\n".join((*lines, f"{total}--write-off {risk_micros}"))


def _money(micros: int) -> str:
    return f"{micros / MICROS_PER_UNIT:,.2f}"
