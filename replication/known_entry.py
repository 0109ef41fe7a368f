"""What headquarters says of one entry of a site's journal when the site asks: `GET /v1/journal`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

KNOWN_PATH: Final = "/v1/journal"
"""Followed by epoch and number, decimal. The site is that of the certificate."""


class KnownEntry(BaseModel):
    """The hash of that entry, '' where headquarters lacks it, and the last entry that it has."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    head_seq: Annotated[int, Field(ge=0)]
    entry_hash: Annotated[str, Field(max_length=64)]
