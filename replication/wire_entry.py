"""A journal entry as it travels, and how much of it one message takes."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from replication.journal import Entry
from replication.ports import WallMs

BODY_CHARS_MAX: Final = 32_768
"""Of one entry's body: three names and a title of nothing but emoji (12 characters each) fit.

Headquarters disputes a longer one; refused it is not, for then it would hold back all behind it.
"""
BATCH_CHARS_MAX: Final = 1024 * 1024
"""Of the bodies in one `Entries`: quoted once more, they stay well below the message bound."""

SmallInt = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""What a database holds as a number."""


class WireEntry(BaseModel):
    """A journal entry on the wire; site and epoch are those of the link.

    Only what cannot be kept at all is refused here, with the message and so again and again. An
    entry that cannot be right is disputed by headquarters, and one with a wrong hash is a fork.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: Annotated[int, Field(ge=1, le=2**53)]
    kind: Annotated[str, Field(max_length=BATCH_CHARS_MAX)]
    version: SmallInt
    wall_ms: SmallInt
    body: Annotated[str, Field(max_length=BATCH_CHARS_MAX)]
    prev_hash: Annotated[str, Field(max_length=64)]
    entry_hash: Annotated[str, Field(max_length=64)]

    @classmethod
    def of(cls, entry: Entry) -> WireEntry:
        """The wire form of `entry`."""
        return cls(
            seq=entry.seq,
            kind=entry.kind,
            version=entry.version,
            wall_ms=entry.wall_ms,
            body=entry.body,
            prev_hash=entry.prev_hash,
            entry_hash=entry.entry_hash,
        )

    def entry(self, site_name: str, epoch: int) -> Entry:
        """The entry that this is on the link of that site and epoch."""
        return Entry(
            site_name=site_name,
            epoch=epoch,
            seq=self.seq,
            kind=self.kind,
            version=self.version,
            wall_ms=WallMs(self.wall_ms),
            body=self.body,
            prev_hash=self.prev_hash,
            entry_hash=self.entry_hash,
        )
