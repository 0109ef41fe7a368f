"""The site's mirror of the primary's LTX files: `mirror/<lineage>/ltx/<level>/<min>-<max>.ltx`.

Theory of operation
-------------------
The mirror keeps two promises. First, what leads from the applied position to the head is here as
soon as possible: that is fetched first, oldest first, so that each file can be applied when it
comes. Second, the files here alone can rebuild the replica: a complete base and an unbroken chain
from it. So a site whose replica is lost while its WAN is down still comes up with the newest
directory it had seen.

A file appears under its name only whole: it is fetched to a temporary name, compared in size and
SHA-256, synced and renamed; a transfer that was cut goes on where it stopped (`ltx_receiver.py`).

The chain behind the base grows by one small file per transaction. When it outweighs its base and
the primary has a newer snapshot, that is fetched and becomes the base, and everything the applied
position and the new base cover is deleted. Disk and traffic thus stay within about twice the
snapshots.

Rejected: keeping what the primary keeps. Its retention is made for all sites and is measured in
days.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.ltx_receiver import LtxReceiver
from replication.adapters.mirror_chain import Chain, proved_by, weigh
from replication.manifest import LtxName, Manifest, ManifestEntry
from replication.plan import cost, plan
from replication.position import LINEAGE_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from replication.adapters.ltx_fetch import Fetch
    from replication.position import Position

log = logging.getLogger(__name__)

CHAIN_FILES_MAX: Final = 10_000
"""Files behind the base before a newer one is wanted, whatever they weigh."""
COST_HERE: Final = 1
"""Of a file that need not be fetched."""


class Mirror:
    """Keeps `folder` in step with the manifests it is shown. One task at a time may use it."""

    def __init__(self, folder: Path, fetch: Fetch, applied: Position | None = None) -> None:
        self._folder = folder
        self._receiver = LtxReceiver(fetch)
        self._applied = applied
        self._lineage = ""
        self._held: dict[LtxName, int] = {}
        self._ahead: set[LtxName] = set()
        self._chain = Chain()
        self._new_base: LtxName | None = None
        self.wanted_bytes = 0
        """What came since this process began, and what is to come."""

    @property
    def fetched_bytes(self) -> int:
        """What came since this process began."""
        return self._receiver.received_bytes

    @property
    def overweight(self) -> bool:
        """True when a newer snapshot is due: pull a whole manifest, at most once an hour.

        Also where there is a hole: the applier did not come to keep a page delta before a crash.
        """
        chain = self._chain
        is_broken = chain.is_cut or (chain.base is None and bool(self._held))
        return is_broken or chain.bytes > chain.base_bytes or chain.files > CHAIN_FILES_MAX

    @property
    def base_path(self) -> Path | None:
        """The file with which a rebuild would begin; None where there is none, or nobody looked."""
        base = self._chain.base
        return None if base is None else ltx_path(self._root(), base)

    async def pull(self, manifest: Manifest) -> list[LtxName]:
        """Fetch what is needed of `manifest`; return the new names. Safe to repeat after any error.

        Errors: `GapError` (was the manifest only a part? Pull the whole one), `NotThereError`,
        `WrongBytesError`, `StorageFullError`, and those of `fetch`. What was fetched before stays.
        """
        if manifest.lineage != self._lineage:
            await self._load(manifest.lineage)
        there = {entry.name: entry for entry in manifest.entries if entry.name not in self._held}
        costs = {name: cost(entry.size_bytes) for name, entry in there.items()}
        new: list[LtxName] = []
        await self._fetch_chain(self._applied_txid(), costs, self._ahead, there, new)
        if self._chain.txid < manifest.head_txid:
            await self._fetch_chain(None, costs, self._held, there, new)
            self._chain = weigh(self._held)
        if self.overweight:
            await self._rebase(manifest, new)
        return new

    async def adopt(self, lineage: str, name: LtxName) -> None:
        """Take in a file that the applier wrote here, whole and synced."""
        if lineage != self._lineage:
            await self._load(lineage)
        try:
            status = await asyncio.to_thread(ltx_path(self._root(), name).stat)
        except FileNotFoundError:
            return
        if name not in self._held:
            self._chain.add(name, status.st_size)
        self._held[name] = status.st_size

    async def applied(self, position: Position) -> None:
        """Note what the applier has applied: what neither it nor a rebuild needs is deleted."""
        changed = self._applied is None or self._applied.lineage != position.lineage
        self._applied = position
        if position.lineage != self._lineage:
            return
        self._ahead = {name for name in self._ahead if name.max_txid > position.txid}
        if changed:
            await asyncio.to_thread(_delete_others, self._folder, position.lineage)
        await self._prune()

    def forget_applied(self) -> None:
        """The replica is lost: the next pull brings what leads to the head from nothing."""
        self._applied = None

    async def renew(self, manifest: Manifest) -> None:
        """Keep of the files here those that headquarters has too, byte by byte; fetch the rest.

        What cannot be proved is deleted last, so the mirror leads from nothing to its end at every
        moment. Errors: those of `pull`.
        """
        if manifest.lineage != self._lineage:
            await self._load(manifest.lineage)
        doubted, applied, ahead = self._held, self._applied, self._ahead
        proved = await asyncio.to_thread(proved_by, self._root(), manifest.entries, doubted)
        self._held, self._applied, self._ahead = proved, None, set(proved)
        self._chain = weigh(proved)
        try:
            await self.pull(manifest)
        except BaseException:
            self._held, self._applied = doubted | self._held, applied
            self._ahead = ahead
            self._chain = weigh(self._held)
            raise
        self._new_base = self._chain.base
        unproved = [name for name in doubted if name not in self._held]
        await asyncio.to_thread(_unlink_all, [ltx_path(self._root(), name) for name in unproved])

    async def reload(self) -> None:
        """Look again at what is here: somebody else took files away."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        if self._lineage:
            await self._load(self._lineage)

    async def drop(self, names: Iterable[str]) -> None:
        """Delete damaged files, named as the applier names them; the next pull fetches them."""
        await self._delete([LtxName.parse(name) for name in names])
        self._chain = weigh(self._held)

    def _applied_txid(self) -> int | None:
        if self._applied is None or self._applied.lineage != self._lineage:
            return None
        return self._applied.txid

    def _root(self) -> Path:
        return self._folder / self._lineage

    async def _load(self, lineage: str) -> None:
        self._lineage = lineage
        self._held = await asyncio.to_thread(_load, self._root())
        await asyncio.to_thread(self._receiver.load, self._root())
        applied_txid = self._applied_txid()
        self._ahead = {name for name in self._held if name.max_txid > (applied_txid or 0)}
        self._chain = weigh(self._held)
        self._new_base = self._chain.base
        if applied_txid is not None:
            await asyncio.to_thread(_delete_others, self._folder, lineage)

    async def _fetch_chain(
        self,
        start_txid: int | None,
        costs: dict[LtxName, int],
        here: Iterable[LtxName],
        there: dict[LtxName, ManifestEntry],
        new: list[LtxName],
    ) -> None:
        names = plan(start_txid, costs | dict.fromkeys(here, COST_HERE))
        missing = [name for name in names if name not in self._held]
        self.wanted_bytes = self.fetched_bytes + sum(there[n].size_bytes for n in missing)
        for name in missing:
            await self._fetch_one(there[name])
            new.append(name)

    async def _fetch_one(self, entry: ManifestEntry) -> None:
        await self._receiver.receive(self._root(), entry)
        self._held[entry.name] = entry.size_bytes
        self._ahead.add(entry.name)
        self._chain.add(entry.name, entry.size_bytes)

    async def _rebase(self, manifest: Manifest, new: list[LtxName]) -> None:
        """Take a newer snapshot as base, if there is one."""
        snapshots = [entry for entry in manifest.entries if entry.name.is_snapshot]
        newest = max(snapshots, key=lambda entry: entry.name.max_txid, default=None)
        base = self._chain.base
        if newest is None or base is None or newest.name.max_txid <= base.max_txid:
            return
        log.info("the mirror takes %s as its new base", newest.name)
        if newest.name not in self._held:
            await self._fetch_one(newest)
            new.append(newest.name)
        self._new_base = newest.name
        await self._prune()

    async def _prune(self) -> None:
        """Delete what both the applied position and the base cover, once they do."""
        base, applied_txid = self._new_base, self._applied_txid() or 0
        if base is None or applied_txid < base.max_txid:
            return
        await self._delete(
            [name for name in self._held if name != base and name.max_txid <= base.max_txid]
        )
        self._chain = weigh(self._held)
        self._new_base = None

    async def _delete(self, names: list[LtxName]) -> None:
        for name in names:
            self._held.pop(name, None)
            self._ahead.discard(name)
        await asyncio.to_thread(_unlink_all, [ltx_path(self._root(), name) for name in names])


def _load(root: Path) -> dict[LtxName, int]:
    return {name: status.st_size for name, status in scan_ltx(root)}


def _unlink_all(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _delete_others(folder: Path, lineage: str) -> None:
    for other in folder.iterdir():
        if other.name != lineage and LINEAGE_PATTERN.fullmatch(other.name):
            log.info("the mirror of the former lineage %s is deleted", other.name)
            shutil.rmtree(other)
