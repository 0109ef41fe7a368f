"""The rebuild ticket: with it a new primary may read one site's directory, for an hour.

A site prints it for its administrator when headquarters is lost. It opens one path of that site,
which gives a copy of the replica, and nothing else. It also holds what the new primary cannot make:
the CA certificate by which it verifies the site, and the key of the card hashes, which every site
has. Treat it as a password: a file or standard input, never an argument.

Text form: `holdfast-rebuild-1.` and the URL-safe base64 of this value's JSON.
"""

from __future__ import annotations

import base64
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from replication.errors import ReplicationError
from replication.messages import Lineage, Seq, SiteName

PREFIX: Final = "holdfast-rebuild-1."
TICKET_CHARS_MAX: Final = 16_384
LIFE_MS: Final = 3_600_000
DIRECTORY_PATH: Final = "/admin/v1/directory"
STANDING_PATH: Final = "/admin/v1/directory/standing"
SHA256_HEADER: Final = "X-Holdfast-Sha256"


class BadTicketError(ReplicationError):
    """This is no rebuild ticket. Print one at the site: holdfast-site give-directory."""


class RebuildTicket(BaseModel):
    """The ticket's content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: SiteName
    ca_pem: str
    card_key_hex: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    secret: Annotated[str, Field(min_length=32, max_length=128, repr=False)]


class DirectoryStanding(BaseModel):
    """What a site says of its replica before it is asked for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: SiteName
    lineage: Lineage
    txid: Seq
    heartbeat_wall_ms: int


def print_ticket(ticket: RebuildTicket) -> str:
    """The text form of `ticket`, one line."""
    return PREFIX + base64.urlsafe_b64encode(ticket.model_dump_json().encode()).decode()


def parse_ticket(text: str) -> RebuildTicket:
    """The ticket that `text` holds. Errors: `BadTicketError`."""
    text = text.strip()
    if not text.startswith(PREFIX) or len(text) > TICKET_CHARS_MAX:
        raise BadTicketError
    try:
        return RebuildTicket.model_validate_json(base64.urlsafe_b64decode(text[len(PREFIX) :]))
    except ValueError as error:
        raise BadTicketError from error
