"""`holdfast-site give-directory`: a ticket with which a new primary may copy the replica."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from replication.rebuild_ticket import RebuildTicket, print_ticket
from site_server.admin_client import ask_site

if TYPE_CHECKING:
    from pathlib import Path

WHAT_IT_IS: Final = (
    "Site {site} has the directory as of {moment}, TXID {txid} of lineage {lineage}.\n"
    "The ticket on standard output opens a copy of it for an hour: treat it as a password.\n"
    "At the new primary: holdfast-primary rebuild --from-site HOST, with the ticket on its input."
)


def give_directory(data_dir: Path) -> tuple[str, str]:
    """The ticket, and what to tell about it. Errors: those of `ask_site`."""
    answer = asyncio.run(ask_site(data_dir, "/admin/v1/directory-tickets", {}))
    standing = answer["standing"]
    moment = datetime.fromtimestamp(standing["heartbeat_wall_ms"] / 1000, UTC)
    said = WHAT_IT_IS.format(
        site=standing["site_name"],
        moment=f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        txid=standing["txid"],
        lineage=standing["lineage"],
    )
    return print_ticket(RebuildTicket.model_validate(answer["ticket"])), said
