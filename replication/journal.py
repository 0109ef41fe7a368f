"""The journal: an append-only list of a site's own facts, each with (site, epoch, seq).

Theory of operation ------------------- An entry is written in the same transaction as the fact it
records, so a fact without an entry, or an entry without a fact, cannot exist. Sequence numbers have
no holes. Each entry names the hash of the one before it, so a site that was cloned or rolled back
to an old disk shows itself at once: it sends a number that the primary has with another hash, or
one that names another past.

The hash is SHA-256 over the fields joined by newlines. The body is canonical JSON, in which a
newline is always escaped, and no other field can hold one: the joined text is unambiguous.

The rejected alternative is a hash over the wire form: it would tie the past to one protocol
version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import ConfigDict, with_config

from replication.entry_bodies import BODY_VERSION, KIND_OF_BODY, Body, parse_body
from replication.entry_bounds import (  # noqa: TC001 - pydantic reads the fields of Entry
    EntrySeq,
    EntryText,
    HashText,
    SmallInt,
    SmallWallMs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.ports import WallMs

GENESIS_HASH: Final = "0" * 64
"""What the first entry of an epoch names as the hash before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHead:
    """The end of one (site, epoch): where the next entry goes."""

    site_name: str
    epoch: int
    seq: int = 0
    entry_hash: str = GENESIS_HASH


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fact. `body` is canonical JSON; `wall_ms` is the writer's own clock, for people only.

    The bounds of the fields are for what comes from elsewhere: `replication.packed` reads entries.
    """

    site_name: str
    epoch: int
    seq: EntrySeq
    kind: EntryText
    version: SmallInt
    wall_ms: SmallWallMs
    body: EntryText
    prev_hash: HashText
    entry_hash: HashText

    @property
    def head(self) -> JournalHead:
        """The journal's end once this entry is its last."""
        return JournalHead(
            site_name=self.site_name,
            epoch=self.epoch,
            seq=self.seq,
            entry_hash=self.entry_hash,
        )

    def parsed(self) -> Body:
        """The body as a value; `BadEntryError` where it is not what its kind promises."""
        return parse_body(self.kind, self.body)


class JournalReader(Protocol):
    """A site's journal, as the uplink reads it. One epoch: the site's present one."""

    def head(self) -> JournalHead:
        """The last entry that is safe on the disk (seq 0 when there is none)."""
        ...

    def entries(self, first_seq: int, last_seq: int) -> Sequence[Entry]:
        """The entries first..last, in order, without holes; fewer where the journal ends."""
        ...

    def texts(self, first_seq: int, last_seq: int) -> Sequence[str]:
        """The same entries, each as JSON of all fields of `Entry`: so they travel packed."""
        ...

    def pruned_seq(self) -> int:
        """The last entry that is no longer here, since headquarters holds it; 0: all are here."""
        ...

    async def wait_beyond(self, seq: int) -> None:
        """Return once the head is beyond `seq`; at once where it is already."""
        ...


def canonical_json(value: object) -> str:
    """One text for one value: sorted keys, no blanks, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def hash_of(entry: Entry) -> str:
    """The hash this entry must carry, as 64 hex digits."""
    text = (
        f"{entry.site_name}\n{entry.epoch}\n{entry.seq}\n{entry.kind}\n{entry.version}\n"
        f"{entry.wall_ms}\n{entry.body}\n{entry.prev_hash}"
    )
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def next_entry(head: JournalHead, body: Body, wall_ms: WallMs) -> Entry:
    """The entry that follows `head` and records `body`."""
    unhashed = Entry(
        site_name=head.site_name,
        epoch=head.epoch,
        seq=head.seq + 1,
        kind=KIND_OF_BODY[type(body)],
        version=BODY_VERSION,
        wall_ms=wall_ms,
        body=canonical_json(body.model_dump(mode="json")),
        prev_hash=head.entry_hash,
        entry_hash="",
    )
    return replace(unhashed, entry_hash=hash_of(unhashed))


def follows(entry: Entry, head: JournalHead | Entry, own_hash: str = "") -> bool:
    """Whether `entry` is the true next one after `head`: number, past and own hash all fit.

    `own_hash` is the `hash_of` the entry, where somebody has worked it out before.
    """
    return (
        entry.seq == head.seq + 1
        and entry.prev_hash == head.entry_hash
        and entry.entry_hash == (own_hash or hash_of(entry))
    )
