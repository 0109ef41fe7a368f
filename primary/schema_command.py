"""`holdfast-primary schema`: who can read the directory, and the step that needs newer readers."""

import argparse
import asyncio
from pathlib import Path
from typing import Final

from primary.admin_client import call_primary

PATH: Final = "/api/v1/schema"


def add_schema(parser: argparse.ArgumentParser) -> None:
    """The arguments of `schema`."""
    parser.add_argument("--raise-to", metavar="N", type=int, help="need readers of this version")
    parser.add_argument("--freeze", action="store_true", help="even where a site is older")


def schema(data_dir: Path, wanted: argparse.Namespace) -> str:
    """Ask, or raise; what to print."""
    if wanted.raise_to is None:
        now = asyncio.run(call_primary(data_dir, "GET", PATH))
    else:
        body = {"min_reader": wanted.raise_to, "freeze": wanted.freeze}
        now = asyncio.run(call_primary(data_dir, "PUT", PATH, body))
    older = ", ".join(now["older_sites"]) or "none"
    return (
        f"written: {now['writes']}; needed of readers: {now['min_reader']}; sites not known to "
        f"read {now['writes']}: {older}"
    )
