"""Is the replica what headquarters said? Asked once per start, and after a delta was refused.

Theory of operation
-------------------
SQLite's own `quick_check` finds pages that make no sense, and no page that makes another sense: a
flipped bit in a balance is a balance. The mirror knows better. The newest image of each page up to
the position stands in its files, each under a checksum, so the files are read from the newest to
the oldest and every page is compared with the image met first. Where the mirror has a hole, or a
damaged file, what lies before it cannot be proved; that is no damage of the replica.

Pages that wait in the WAL are passed over: a kill between a commit and its position leaves them
newer than the position says, and the WAL has checksums of its own.

Rejected: a digest of each page kept beside the replica. It would be one more file to write and to
sync with every transaction, to say again what the mirror says.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from replication.adapters.applier.verdict import Proof
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.ltx import LtxError, read_ltx
from replication.plan import GapError, cost, plan

if TYPE_CHECKING:
    from pathlib import Path

    from replication.adapters.applier.replica_file import ReplicaFile
    from replication.ltx import LtxFile
    from replication.position import Position

WAL_HEADER_BYTES: Final = 32
_FRAME: Final = struct.Struct(">II8s8s")
"""Of the WAL: page number, size after the commit, salts, checksums."""
_SALTS: Final = slice(16, 24)
_OF_SQLITE: Final = (slice(18, 20), slice(24, 28), slice(92, 100))
"""Bytes of page 1 that are not the primary's: see `replica_file`."""


def prove(replica: ReplicaFile, position: Position | None, mirror: Path) -> Proof:
    """Look at every page of a replica that stands at `position`. Errors: `OSError`."""
    if position is None or replica.page_count == 0:
        return Proof()
    complaint = replica.complaint()
    if complaint:
        return Proof(damage=f"quick_check says: {complaint}")
    return _compared(replica, position, mirror / position.lineage)


def _compared(replica: ReplicaFile, position: Position, root: Path) -> Proof:
    sizes = {
        name: cost(status.st_size)
        for name, status in scan_ltx(root)
        if name.max_txid <= position.txid
    }
    try:
        names = plan(None, sizes)
    except GapError:
        names = ()
    if not names or names[-1].max_txid != position.txid:
        return Proof()
    comparison = _Comparison(replica)
    for name in reversed(names):
        try:
            with ltx_path(root, name).open("rb") as source:
                comparison.look_at(read_ltx(source, str(name)))
        except LtxError:
            return Proof(damage=comparison.damage, refused=(str(name),))
        except FileNotFoundError:
            break  # The mirror was tidied meanwhile.
        if comparison.damage:
            break
    return Proof(damage=comparison.damage)


class _Comparison:
    """Compares pages with files, which it is shown from the newest to the oldest."""

    def __init__(self, replica: ReplicaFile) -> None:
        self.damage = ""
        self._replica = replica
        self._untouched = replica.page_count
        """Pages that were never cut off since: an older image of the others says nothing."""
        self._seen = pages_in_wal(replica.wal_path, replica.page_size)

    def look_at(self, file: LtxFile) -> None:
        """Compare the pages that no newer file holds."""
        if file.header.page_size != self._replica.page_size:
            self.damage = f"its pages have {self._replica.page_size} bytes"
            return
        self._untouched = min(self._untouched, file.header.commit)
        for number in file.page_numbers:
            if number > self._untouched or number in self._seen:
                continue
            self._seen.add(number)
            if _bare(number, file.page(number)) != _bare(number, self._replica.page(number)):
                self.damage = f"page {number} is not what headquarters sent"
                return


def pages_in_wal(wal: Path, page_size: int) -> set[int]:
    """The pages that have a frame of the WAL's present generation."""
    numbers: set[int] = set()
    if not wal.exists():
        return numbers
    with wal.open("rb") as file:
        salts = file.read(WAL_HEADER_BYTES)[_SALTS]
        while len(head := file.read(_FRAME.size)) == _FRAME.size:
            number, _, frame_salts, _ = _FRAME.unpack(head)
            if frame_salts != salts:
                break
            numbers.add(number)
            file.seek(page_size, 1)
    return numbers


def _bare(number: int, page: bytes) -> bytes:
    if number > 1:
        return page
    bare = bytearray(page)
    for part in _OF_SQLITE:
        bare[part] = bytes(part.stop - part.start)
    return bytes(bare)
