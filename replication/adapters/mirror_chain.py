"""What the files of a mirror are worth: the chain they make, and which of them are proved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replication.adapters.ltx_folder import ltx_path
from replication.plan import GapError, plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from replication.manifest import LtxName, ManifestEntry


@dataclass(slots=True, kw_only=True)
class Chain:
    """The base and what follows it without a hole."""

    base: LtxName | None = None
    txid: int = 0
    base_bytes: int = 0
    bytes: int = 0
    files: int = 0

    def add(self, name: LtxName, size_bytes: int) -> None:
        """Count a file that was fetched."""
        if name.min_txid > self.txid + 1 or name.max_txid <= self.txid:
            return
        self.txid = name.max_txid
        if self.base is None:
            self.base, self.base_bytes = name, size_bytes
        else:
            self.bytes += size_bytes
            self.files += 1


def weigh(held: dict[LtxName, int]) -> Chain:
    """The cheapest unbroken chain from nothing."""
    chain = Chain()
    try:
        names = plan(None, held)
    except GapError as gap:
        reachable = {name: size for name, size in held.items() if name.max_txid <= gap.reached_txid}
        names = plan(None, reachable)
    for name in names:
        chain.add(name, held[name])
    return chain


def proved_by(
    root: Path, entries: Iterable[ManifestEntry], held: dict[LtxName, int]
) -> dict[LtxName, int]:
    """The files of `held` that are what the manifest says."""
    return {
        entry.name: entry.size_bytes
        for entry in entries
        if held.get(entry.name) == entry.size_bytes
        and _digest(ltx_path(root, entry.name)) == entry.sha256
    }


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
