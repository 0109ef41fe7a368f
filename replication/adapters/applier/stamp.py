"""The stamp: which TXID the pages of a replica are at, kept among the pages themselves.

Theory of operation
-------------------
The position file is written after the commit, so a crash in between leaves newer pages under an
older position. Going on from that position is harmless only if all that was lost is applied again.
Less of it (a site that was cut off has only a part) would put older images over some of the pages
and leave the others; and a page delta does not carry a page that changed and changed back since,
which the replica then would keep as it was in the middle.

So the same transaction writes 20 bytes of page 1 that SQLite keeps for later and writes as zeros
(72..91, "reserved for expansion"): the TXID and the begin of the lineage. It costs no sync, and one
page in the WAL. At the next start the stamp says where the replica is.

Rejected: the position before the commit as an intent (two more syncs before readers see anything),
and a table (the replica would no longer equal the directory page by page).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from replication.position import Position

FIRST: Final = 72
END: Final = 92
_STAMP: Final = struct.Struct(">Q12s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A TXID, and as much of its lineage as fits."""

    txid: int
    lineage_begin: str

    def is_of(self, position: Position) -> bool:
        """Whether both are of one lineage."""
        return position.lineage.startswith(self.lineage_begin)


def stamped(page: bytes, position: Position) -> bytes:
    """Page 1 of a replica that stands at `position`."""
    stamp = _STAMP.pack(position.txid, bytes.fromhex(position.lineage)[:12])
    return page[:FIRST] + stamp + page[END:]


def read_stamp(page: bytes) -> Stamp | None:
    """The stamp of page 1; None where an older applier wrote it."""
    txid, lineage = _STAMP.unpack(page[FIRST:END])
    return Stamp(txid=txid, lineage_begin=lineage.hex()) if txid else None
