"""`holdfast-primary revoke`."""

import argparse
import asyncio
from pathlib import Path
from urllib.parse import quote

from primary.admin_client import call_primary


def add_revoke(parser: argparse.ArgumentParser) -> None:
    """The arguments of `revoke`."""
    parser.add_argument("--site", metavar="NAME", required=True)
    parser.add_argument("--reason", default="", help="why, for the people of that site")
    parser.add_argument(
        "--lift", action="store_true", help="let a revoked site join anew, with a new token"
    )


def revoke(data_dir: Path, wanted: argparse.Namespace) -> str:
    """Revoke a site, or lift that; what to print."""
    path = f"/api/v1/sites/{quote(wanted.site, safe='')}/revocation"
    if wanted.lift:
        asyncio.run(call_primary(data_dir, "DELETE", path))
        return (
            f"{wanted.site} may join anew; what it has of certificates stays worthless. "
            f"Next: holdfast-primary token --site {wanted.site}"
        )
    asyncio.run(call_primary(data_dir, "PUT", path, {"reason": wanted.reason}))
    return (
        f"{wanted.site} is revoked and its connection is ended. What it had not sent stays there. "
        "To let it join anew: --lift"
    )
