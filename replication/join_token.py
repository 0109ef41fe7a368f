"""The join token: all that a new site needs to find and trust headquarters, once, within an hour.

Every path of the site link asks for a client certificate, and joining is no exception: the token
holds a short-lived certificate that is good for one call, `POST /v1/join`, and for nothing else. It
also holds the CA certificate, so the very first connection is already verified. Whoever has the
token can join as that site until it is used or its hour is over: treat it as a password (a file or
standard input, never an argument).

Text form: `holdfast-join-1.` and the URL-safe base64 of this value's JSON.
"""

from __future__ import annotations

import base64
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from replication.errors import BadJoinTokenError
from replication.messages import SiteName

PREFIX: Final = "holdfast-join-1."
TOKEN_CHARS_MAX: Final = 16_384
LIFE_MS: Final = 3_600_000
"""One hour, as architecture.md (Trust) says."""


class JoinToken(BaseModel):
    """The token's content. PEM texts; `primary_host` is what the site dials and verifies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: SiteName
    primary_host: Annotated[str, Field(min_length=1, max_length=255)]
    primary_port: Annotated[int, Field(ge=1, le=65535)]
    ca_pem: str
    cert_pem: str
    key_pem: str


class JoinRequest(BaseModel):
    """Body of `POST /v1/join`: a certificate signing request for the site's own new key, PEM."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    csr_pem: Annotated[str, Field(max_length=8192)]
    hosts: Annotated[list[str], Field(max_length=16)] = []


class JoinAnswer(BaseModel):
    """The primary's answer: the site's certificate, its epoch, the key of the card hashes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: SiteName
    epoch: Annotated[int, Field(ge=1)]
    cert_pem: str
    ca_pem: str
    card_key_hex: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def print_token(token: JoinToken) -> str:
    """The text form of `token`, one line."""
    return PREFIX + base64.urlsafe_b64encode(token.model_dump_json().encode()).decode()


def parse_token(text: str) -> JoinToken:
    """The token that `text` holds; `BadJoinTokenError` says what to do where it is none."""
    text = text.strip()
    if not text.startswith(PREFIX) or len(text) > TOKEN_CHARS_MAX:
        raise BadJoinTokenError
    try:
        return JoinToken.model_validate_json(base64.urlsafe_b64decode(text[len(PREFIX) :]))
    except ValueError as error:  # not ASCII, not base64, or not a token's JSON
        raise BadJoinTokenError from error
