"""A store beside the folder: its place as a configuration says it, and what is made of that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from replication.adapters.litestream_process import nats_store, s3_store
from replication.adapters.ltx_fetch import KeyFileError
from replication.adapters.nats_place import NatsPlace
from replication.adapters.nats_source import NatsSource
from replication.adapters.probe import Component
from replication.adapters.s3_place import S3Place, read_s3_key
from replication.adapters.s3_source import S3Source

if TYPE_CHECKING:
    from replication.adapters.ceiling import Ceiling
    from replication.adapters.litestream_process import RemoteStore
    from replication.adapters.ltx_fetch import Source

Place: TypeAlias = S3Place | NatsPlace
File = Annotated[Path, Field(strict=False)]


class StoreSection(BaseModel):
    """What the configurations of the primary and of a site say of a store."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: str
    bucket: Annotated[str, Field(max_length=100)] = ""
    endpoint: Annotated[str, Field(max_length=300)] | None = None
    """Left out, it is Amazon's own S3."""
    region: Annotated[str, Field(min_length=1, max_length=63)] = "us-east-1"
    """Of S3."""
    prefix: Annotated[str, Field(max_length=200)] = "holdfast"
    """Of S3: below it each lineage has a folder. The same at headquarters and at every site."""
    key_file: File | None = None
    """Of S3: the access key. Of NATS: the private key of `cert_file`."""
    cert_file: File | None = None
    """Of NATS: the certificate by which it knows us."""
    ca_file: File | None = None
    """Of NATS: who signed its certificate."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        self.place()
        return self

    def place(self) -> Place | None:
        """Where the store is; None where none is used."""
        match self.type:
            case "s3":
                return self._s3()
            case "nats":
                return self._nats()
            case _:
                return None

    def _s3(self) -> S3Place:
        if self.key_file is None:
            raise ValueError('type = "s3" needs key_file, which holds the access key')
        return S3Place(
            bucket=self.bucket,
            endpoint=self.endpoint,
            region=self.region,
            prefix=self.prefix,
            key_file=self.key_file,
        )

    def _nats(self) -> NatsPlace:
        if self.key_file is None or self.cert_file is None or self.ca_file is None:
            raise ValueError('type = "nats" needs ca_file, cert_file and key_file')
        return NatsPlace(
            endpoint=self.endpoint or "",
            bucket=self.bucket,
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
        )


def source_of(place: Place, ceiling: Ceiling | None = None, memory: Path | None = None) -> Source:
    """Who reads there; see `NatsSource` for its `memory`. Errors: `KeyFileError`."""
    if isinstance(place, S3Place):
        return S3Source(place, read_s3_key(place.key_file), ceiling=ceiling)
    return NatsSource(place, ceiling=ceiling, memory=memory)


def remote_store_of(place: Place, lineage: str) -> RemoteStore:
    """How litestream writes there. Errors: `KeyFileError`."""
    if isinstance(place, S3Place):
        return s3_store(place, read_s3_key(place.key_file), lineage)
    return nats_store(place, lineage)


def look_at_store(place: Place, lineage: str | None, *, required: bool) -> Component:
    """Whether the store can be read with what is configured. For `doctor`."""
    seen = Component(name="store", found=False, where=place.where, required=required)
    problem = asyncio.run(_problem(place, lineage))
    if problem:
        return replace(seen, hint=problem)
    return replace(seen, found=True, version="answers")


async def _problem(place: Place, lineage: str | None) -> str:
    try:
        source = source_of(place)
    except KeyFileError as error:
        return str(error)
    try:
        return await source.problem(lineage)
    finally:
        await source.close()
