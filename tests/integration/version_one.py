"""The messages of protocol 1, written down once and never changed: nothing else was understood."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

LINEAGE = "0123456789abcdef" * 2


class One(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HelloOne(One):
    type: Literal["hello"]
    protocol: Literal[1]
    site_name: str
    epoch: int
    journal_seq: int
    wall_ms: int


class BeatOne(One):
    type: Literal["beat"]
    number: int


class EntryOne(One):
    seq: int
    kind: Annotated[str, Field(max_length=64)]
    version: int
    wall_ms: int
    body: str
    prev_hash: str
    entry_hash: str


class EntriesOne(One):
    type: Literal["entries"]
    entries: list[EntryOne]


class WelcomeOne(One):
    type: Literal["welcome"]
    protocol: Literal[1]
    lineage: str
    txid: int
    watermark_seq: int
    wall_ms: int


class BeatAckOne(One):
    type: Literal["beat_ack"]
    number: int


class AckOne(One):
    type: Literal["ack"]
    seq: int


class GapOne(One):
    type: Literal["gap"]
    want_seq: int


class FenceOne(One):
    type: Literal["fence"]
    reason: str


class FileOne(One):
    name: str
    size_bytes: int
    sha256: str


class HeadOne(One):
    type: Literal["head"]
    lineage: str
    txid: int
    files: list[FileOne]


class RegistersHaveOne(One):
    type: Literal["registers_have"]
    versions: dict[str, int]


class RegistersOne(One):
    type: Literal["registers"]
    changes: list[dict[str, Any]]
    versions: dict[str, int]


FromSiteOne = HelloOne | BeatOne | EntriesOne | RegistersHaveOne | RegistersOne
FromPrimaryOne = (
    WelcomeOne | BeatAckOne | AckOne | GapOne | FenceOne | HeadOne | RegistersHaveOne | RegistersOne
)
FROM_SITE_1: TypeAdapter[FromSiteOne] = TypeAdapter(
    Annotated[FromSiteOne, Field(discriminator="type")]
)
FROM_PRIMARY_1: TypeAdapter[FromPrimaryOne] = TypeAdapter(
    Annotated[FromPrimaryOne, Field(discriminator="type")]
)


def welcome_1() -> str:
    """What headquarters said then."""
    fields = {"lineage": LINEAGE, "txid": 0, "watermark_seq": 0, "wall_ms": 0}
    return json.dumps({"type": "welcome", "protocol": 1, **fields})
