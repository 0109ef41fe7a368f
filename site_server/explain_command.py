"""`holdfast-site explain`: why something would be allowed, and what would change it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from failure_modes.vocabulary import LinkState, Sides
from site_server.admin_client import ask_site
from site_server.service.supposed import Asked

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

QUEUES: Final[Mapping[str, Asked]] = {
    "hold": Asked.HOLD,
    "manager": Asked.MANAGER,
    "direct": Asked.DIRECT,
}
OPTIONS: Final = (
    "pages",
    "colour",
    "mono_pages",
    "copies",
    "sides",
    "paper_size",
    "document_name",
    "document_type",
    "spool_bytes",
    "account_name",
    "link",
)
"""What is sent as it was typed, and left out where it was not: the site knows the rest."""


def add_explain(explain: argparse.ArgumentParser) -> None:
    """Tell the parser what may be asked."""
    explain.add_argument("--user", metavar="NAME", required=True)
    explain.add_argument("--printer", metavar="NAME", required=True)
    what = explain.add_mutually_exclusive_group()
    what.add_argument(
        "--login", dest="asked", action="store_const", const=Asked.LOGIN, help="a login by card"
    )
    what.add_argument(
        "--copy", dest="asked", action="store_const", const=Asked.COPY, help="a copy session"
    )
    what.add_argument(
        "--queue", choices=list(QUEUES), help="a job that is sent, else one that is released"
    )
    explain.add_argument("--pages", type=int, help="pages of one copy")
    explain.add_argument(
        "--colour", action="store_true", default=None, help="in colour, else all in black"
    )
    explain.add_argument(
        "--mono-pages", metavar="PAGES", type=int, help="so many of the pages in black all the same"
    )
    explain.add_argument("--copies", type=int)
    explain.add_argument("--sides", choices=list(Sides))
    explain.add_argument("--paper-size", metavar="NAME", help="such as iso_a4_210x297mm")
    explain.add_argument("--document-name", metavar="NAME")
    explain.add_argument("--document-type", metavar="TYPE", help="such as application/pdf")
    explain.add_argument("--spool-bytes", metavar="BYTES", type=int)
    explain.add_argument(
        "--account", dest="account_name", metavar="NAME", help="the shared account that is to pay"
    )
    explain.add_argument(
        "--link", choices=list(LinkState), help="as if the link were so, else as it is now"
    )
    explain.add_argument("--json", action="store_true", help="the answer as the API gives it")


def explained(data_dir: Path, wanted: argparse.Namespace) -> str:
    """The answer of the running site, as it is to be printed."""
    answer = asyncio.run(ask_site(data_dir, "/admin/v1/explain", question(wanted)))
    return json.dumps(answer, indent=2) if wanted.json else "\n".join(answer["lines"])


def question(wanted: argparse.Namespace) -> dict[str, object]:
    """The body that asks what was typed."""
    asked = QUEUES[wanted.queue] if wanted.queue else wanted.asked or Asked.RELEASE
    said = {name: getattr(wanted, name) for name in OPTIONS}
    return {
        "user_name": wanted.user,
        "printer_name": wanted.printer,
        "asked": asked,
        **{name: value for name, value in said.items() if value is not None},
    }
