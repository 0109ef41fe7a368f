"""`holdfast-primary disputes`: the list, and one's last word on an entry of it."""

import argparse
import asyncio
import re
from pathlib import Path
from typing import Any, Final

from primary.admin_client import call_primary
from primary.errors import ConfigError

_ENTRY: Final = re.compile(r"[^/]+/[0-9]+/[0-9]+")
PAGE_ITEMS: Final = 1_000


def add_disputes(parser: argparse.ArgumentParser) -> None:
    """The arguments of `disputes`."""
    parser.add_argument("--all", action="store_true", help="those that are settled, too")
    parser.add_argument("--settle", metavar="SITE/EPOCH/SEQ", help="settle this one")
    parser.add_argument("--comment", metavar="TEXT", help="why it is settled so")
    parser.add_argument(
        "--adjust",
        metavar="PAYER=MICROS",
        action="append",
        default=[],
        help="what to book instead, as user:NAME=MICROS; a debit is negative",
    )


def disputes(data_dir: Path, wanted: argparse.Namespace) -> str:
    """List them or settle one; what to print. Errors: `ConfigError`, `RefusedError`."""
    if wanted.settle is None:
        return asyncio.run(_listed(data_dir, "all" if wanted.all else "open"))
    if not _ENTRY.fullmatch(wanted.settle):
        raise ConfigError([f"--settle {wanted.settle}: name the entry as SITE/EPOCH/SEQ"])
    body = {
        "comment": wanted.comment or "",
        "adjustments": [_adjustment(each) for each in wanted.adjust],
    }
    path = f"/api/v1/disputes/{wanted.settle}/settle"
    asyncio.run(call_primary(data_dir, "POST", path, body))
    return f"{wanted.settle} is settled, with {len(wanted.adjust)} adjustments."


async def _listed(data_dir: Path, state: str) -> str:
    lines: list[str] = []
    after: int | None = 0
    while after is not None:
        path = f"/api/v1/disputes?state={state}&limit={PAGE_ITEMS}&after={after}"
        answer = await call_primary(data_dir, "GET", path)
        lines += [_line(each) for each in answer["items"]]
        after = answer["next"]
    return "\n".join(lines) or "Nothing is disputed."


def _line(item: dict[str, Any]) -> str:
    settled = item["settlement"]
    said = f" [settled: {settled['comment']}]" if settled else ""
    entry = f"{item['site_name']}/{item['epoch']}/{item['seq']}"
    return f"{entry} {item['kind']}: {item['disputed']}{said}"


def _adjustment(text: str) -> dict[str, object]:
    payer, _, amount = text.rpartition("=")
    if not payer or not re.fullmatch(r"[+-]?[0-9]{1,16}", amount):
        raise ConfigError([f"--adjust {text}: say it as PAYER=MICROS"])
    return {"payer": payer, "amount_micros": int(amount)}
