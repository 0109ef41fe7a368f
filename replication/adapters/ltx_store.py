"""The folder into which litestream writes, as the primary lists and serves it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.packed_folder import PackedFolder
from replication.manifest import LtxName, ManifestEntry

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

PACKED_FOLDER: Final = "packed"
DIRECT_FILES_MAX: Final = 1_000
"""Files looked for by name before the folder is listed; also what a `Head` message holds."""

_Stamp = tuple[int, int, int]


class LtxStore:
    """Lists a store. Digests each file once; blocks, so call it in a thread if files are many.

    Files do not change under their name, except that a snapshot at the same TXID may be written
    again: a digest is kept with the size, time and inode it belongs to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.packed = PackedFolder(folder.with_name(PACKED_FOLDER), folder)
        """Copies of its large files as they travel; they lie beside it."""
        self._digests: dict[LtxName, tuple[_Stamp, ManifestEntry]] = {}

    def path(self, name: LtxName) -> Path:
        """Where the file of that name lies (it may have been compacted away)."""
        return ltx_path(self._folder, name)

    def entries(self) -> tuple[ManifestEntry, ...]:
        """Every file of the store, ordered by its last TXID."""
        found: dict[LtxName, tuple[_Stamp, ManifestEntry]] = {}
        for name, status in scan_ltx(self._folder):
            entry = self._stamped(name, status)
            if entry is not None:
                found[name] = entry
        self._digests = found
        ordered = sorted(found, key=lambda name: (name.max_txid, name.level, name.min_txid))
        return tuple(found[name][1] for name in ordered)

    def entries_after(self, txid: int, head_txid: int) -> tuple[ManifestEntry, ...]:
        """The files that lead from `txid` to `head_txid`: level 0 by name, else from a whole list.

        litestream writes one file of level 0 for each sync, so the names are known in advance.
        Where one is missing (compacted, or never written after a restart) the list has every file
        beyond `txid`.
        """
        if head_txid - txid > DIRECT_FILES_MAX:
            return self._beyond(txid)
        entries: list[ManifestEntry] = []
        for each in range(txid + 1, head_txid + 1):
            name = LtxName(level=0, min_txid=each, max_txid=each)
            entry = self._entry_by_name(name)
            if entry is None:
                return self._beyond(txid)
            entries.append(entry)
        return tuple(entries)

    def _beyond(self, txid: int) -> tuple[ManifestEntry, ...]:
        return tuple(entry for entry in self.entries() if entry.name.max_txid > txid)

    def _entry_by_name(self, name: LtxName) -> ManifestEntry | None:
        try:
            status = self.path(name).stat()
        except FileNotFoundError:
            return None
        known = self._stamped(name, status)
        if known is None:
            return None
        self._digests[name] = known
        return known[1]

    def _stamped(
        self, name: LtxName, status: os.stat_result
    ) -> tuple[_Stamp, ManifestEntry] | None:
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
        known = self._digests.get(name)
        if known is not None and known[0] == stamp:
            return known
        try:
            with self.path(name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        return stamp, ManifestEntry(name=name, size_bytes=status.st_size, sha256=digest)


def list_store(folder: Path) -> Sequence[ManifestEntry]:
    """Every file of a store, digested anew. `LtxStore` remembers digests between calls."""
    return LtxStore(folder).entries()
