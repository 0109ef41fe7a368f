"""Which files of the primary's store may go, and in which order.

Theory of operation
-------------------
The newest snapshot and everything that reaches beyond it lead to the head: they stay, whatever
happens. So does what litestream has not compacted yet: a file may go only where the level above it
has its transactions too, which is the rule by which litestream itself deletes, so it never misses a
file that somebody else took away. The level above the last compacted one is the snapshots'.

Of the rest, what loses nobody anything goes first: a low level whose transactions a higher one has,
the oldest before the newer. Then files that a site which is connected does not need; then files
that a site needs, which thereby starts from the snapshot: its manifest has a hole, and its plan
then takes the snapshot by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.manifest import LEVEL_SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replication.manifest import LtxName

LEVEL_COMPACTED_MAX: Final = 3
"""litestream's own: 30 s, 5 min, 1 h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the store may take, and what must stay free beside it."""

    keep_bytes_max: int
    free_bytes_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """From which TXID on files are needed; files up to it are not."""

    approved_txid: int
    """The slowest site that may ever come back; 0: one of which nobody knows where it stands."""
    connected_txid: int
    """The slowest site that is connected; the head where none is."""


def to_free(sizes: Mapping[LtxName, int], bounds: Bounds, free_bytes: int) -> int:
    """Bytes that have to go, for the store's own bound or for the disk's floor."""
    return max(sum(sizes.values()) - bounds.keep_bytes_max, bounds.free_bytes_min - free_bytes, 0)


def deletable(sizes: Mapping[LtxName, int], needs: Needs) -> Sequence[LtxName]:
    """The files that may go, in the order in which they should."""
    base_txid = max((name.max_txid for name in sizes if name.is_snapshot), default=0)
    compacted: dict[int, int] = {}
    for name in sizes:
        compacted[name.level] = max(compacted.get(name.level, 0), name.max_txid)

    def may_go(name: LtxName) -> bool:
        if name.level == LEVEL_SNAPSHOT or name.level >= LEVEL_COMPACTED_MAX:
            above_txid = base_txid - (name.level == LEVEL_SNAPSHOT)
        else:
            above_txid = compacted.get(name.level + 1, 0)
        return name.max_txid <= min(base_txid, above_txid)

    def turn(name: LtxName) -> tuple[bool, bool, int, int]:
        is_covered = name.level < LEVEL_COMPACTED_MAX
        return (
            not is_covered and name.max_txid > needs.connected_txid,
            not is_covered and name.max_txid > needs.approved_txid,
            name.level,
            name.max_txid,
        )

    return sorted(filter(may_go, sizes), key=turn)


def doomed(
    sizes: Mapping[LtxName, int], bounds: Bounds, needs: Needs, free_bytes: int
) -> Sequence[LtxName]:
    """The files to delete now; fewer than would be enough where no more may go."""
    wanted_bytes, chosen = to_free(sizes, bounds, free_bytes), []
    for name in deletable(sizes, needs):
        if wanted_bytes <= 0:
            break
        chosen.append(name)
        wanted_bytes -= sizes[name]
    return chosen
