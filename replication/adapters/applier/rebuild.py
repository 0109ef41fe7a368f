"""A new replica beside the old one, and the moment in which it takes the old one's place.

Theory of operation
-------------------
A replica that is damaged, or has another page size, or is to be made anew, cannot be repaired under
its readers. So the new one is written to a file of its own, from nothing but verified files of the
mirror, emptied of its WAL and synced. Then, in this order:

1. The position says `NOWHERE`. A crash from here on costs another rebuild and no more; readers
   ask only whether there is a position, so they are never without a replica.
2. The old WAL goes away: under the same name it would be played back into the new file. Whoever has
   the old file open still reads it, through the files that it holds open.
3. The new file takes the name. Readers see another inode, and open it for their next snapshot.
4. The position is stored.

A damaged file is kept, for an engineer: `replica.db.damaged-<time>`, with its WAL, the newest only.

Rejected: writing all pages anew in place. SQLite must read a damaged file to write to it, and a
page size cannot change under a reader.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.adapters.applier.apply import Applier, Outcome
from replication.adapters.applier.position_file import store_position
from replication.adapters.applier.replica_file import ReplicaFile
from replication.adapters.ltx_folder import sync_folder
from replication.position import NOWHERE
from replication.reader import READER

if TYPE_CHECKING:
    from pathlib import Path

    from replication.position import Position

log = logging.getLogger(__name__)

COMPANIONS: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where one replica lies."""

    replica: Path
    position: Path
    mirror: Path
    reader: int = READER

    @property
    def beside(self) -> Path:
        """Where a new one is made."""
        return self.replica.with_name(f"{self.replica.name}.new")


def rebuild(places: Places, lineage: str, damaged_as: str) -> tuple[Outcome, Position | None]:
    """Make the replica anew from the mirror; what was applied, and where it stands.

    `damaged_as`: the suffix under which the old one is kept, '' where nothing is wrong with it.
    Then it also stays in its place unless the mirror leads to its end; a damaged one never stays.
    Errors: as `Applier.apply`.
    """
    _discard(places.beside)
    try:
        outcome, position = _make(places, lineage)
        if position is None or (outcome.gap is not None and not damaged_as):
            if damaged_as:
                _set_aside(places, damaged_as)
                _remove(places)
            return outcome, None
        _switch(places, position, damaged_as)
    finally:
        _discard(places.beside)
    return outcome, position


def _make(places: Places, lineage: str) -> tuple[Outcome, Position | None]:
    file = ReplicaFile(places.beside)
    try:
        applier = Applier(file, _position_of(places.beside), places.mirror, places.reader)
        outcome = applier.apply(lineage)
        file.settle()
    finally:
        file.close()
    return outcome, applier.position


def _switch(places: Places, position: Position, damaged_as: str) -> None:
    store_position(places.position, NOWHERE)
    if damaged_as:
        _set_aside(places, damaged_as)
    for companion in COMPANIONS:
        _with(places.replica, companion).unlink(missing_ok=True)
        _with(places.beside, companion).unlink(missing_ok=True)
    sync_folder(places.replica.parent)
    places.beside.replace(places.replica)
    store_position(places.position, position)


def _set_aside(places: Places, damaged_as: str) -> None:
    """Keep the damaged file under a second name, and forget the one before it."""
    if not places.replica.exists():
        return
    for former in places.replica.parent.glob(f"{places.replica.name}.damaged-*"):
        former.unlink(missing_ok=True)
    kept = _with(places.replica, f".damaged-{damaged_as}")
    os.link(places.replica, kept)
    wal = _with(places.replica, "-wal")
    if wal.exists():
        wal.rename(_with(kept, "-wal"))
    log.warning("the damaged replica is kept as %s", kept.name)


def _remove(places: Places) -> None:
    """Take away what must not be read, the sign that there is something to read first."""
    places.position.unlink(missing_ok=True)
    for suffix in ("", *COMPANIONS):
        _with(places.replica, suffix).unlink(missing_ok=True)
    sync_folder(places.replica.parent)


def _discard(beside: Path) -> None:
    for suffix in ("", *COMPANIONS):
        _with(beside, suffix).unlink(missing_ok=True)
    _position_of(beside).unlink(missing_ok=True)


def _position_of(beside: Path) -> Path:
    return _with(beside, ".position")


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
