"""Where a copy of the directory stands: a lineage and a TXID.

A lineage is one unbroken history of the directory. litestream counts TXIDs from 1 again when its
store and its own state were both lost, and then uses the same file names for other content; so a
TXID says nothing without its lineage, and positions of two lineages have no order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

from replication.errors import ReplicationError

LINEAGE_PATTERN: Final = re.compile(r"[0-9a-f]{32}")
TXID_MAX: Final = 2**64 - 1
"""LTX files keep a TXID in 64 bits."""
_TEXT: Final = re.compile(r"([0-9a-f]{32}):([0-9a-f]{16})")


class BadPositionError(ReplicationError):
    """This is not a position. It reads <lineage, 32 hex digits>:<TXID, 16 hex digits>."""


class OtherLineageError(ReplicationError):
    """Positions of two lineages have no order: compare only within one."""


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The directory after transaction `txid` of `lineage`. Prints as `<lineage>:<16 hex>`."""

    lineage: str
    txid: int

    def __post_init__(self) -> None:
        if not LINEAGE_PATTERN.fullmatch(self.lineage):
            raise BadPositionError(f"{self.lineage!r} is not a lineage: 32 hex digits are.")
        if not 1 <= self.txid <= TXID_MAX:
            raise BadPositionError(f"{self.txid} is not a TXID: they run from 1 to 2^64-1.")

    @classmethod
    def parse(cls, text: str) -> Position:
        """The position that printed as `text`; `BadPositionError` where it is none."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise BadPositionError
        return cls(lineage=found[1], txid=int(found[2], 16))

    def __str__(self) -> str:
        return f"{self.lineage}:{self.txid:016x}"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Position):
            return NotImplemented
        if self.lineage != other.lineage:
            raise OtherLineageError
        return self.txid < other.txid


NOWHERE: Final = Position(lineage="0" * 32, txid=1)
"""Of a replica that is being replaced: no directory has this lineage, so every page is written."""
