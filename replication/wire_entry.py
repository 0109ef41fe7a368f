"""A journal entry as it travels in plain text; packed, entries travel as they are."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from replication.entry_bounds import EntrySeq, EntryText, HashText, SmallInt, SmallWallMs
from replication.journal import Entry


class WireEntry(BaseModel):
    """A journal entry on the wire; site and epoch are those of the link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: EntrySeq
    kind: EntryText
    version: SmallInt
    wall_ms: SmallWallMs
    body: EntryText
    prev_hash: HashText
    entry_hash: HashText

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
            wall_ms=self.wall_ms,
            body=self.body,
            prev_hash=self.prev_hash,
            entry_hash=self.entry_hash,
        )
