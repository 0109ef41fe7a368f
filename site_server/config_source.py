"""Where a site fetches the files of the directory, if not from headquarters itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from replication.adapters.s3_place import S3Place
from site_server.config_section import Section


class SourceSection(Section):
    """The store that headquarters writes to, as this site may read it."""

    type: Literal["primary", "s3"] = "primary"
    bucket: Annotated[str, Field(max_length=63)] = ""
    endpoint: Annotated[str, Field(max_length=300)] | None = None
    """None: Amazon's own."""
    region: Annotated[str, Field(min_length=1, max_length=63)] = "us-east-1"
    prefix: Annotated[str, Field(max_length=200)] = "holdfast"
    """The same as at headquarters."""
    key_file: Annotated[Path, Field(strict=False)] | None = None
    """Holds a key that may read and nothing else; readable by this server's user only."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        self.s3_place()
        return self

    def s3_place(self) -> S3Place | None:
        """The place in the S3-compatible store, where that is what is used."""
        if self.type != "s3":
            return None
        if self.key_file is None:
            raise ValueError('type = "s3" needs key_file, which holds the key of the store')
        return S3Place(
            bucket=self.bucket,
            endpoint=self.endpoint,
            region=self.region,
            prefix=self.prefix,
            key_file=self.key_file,
        )
