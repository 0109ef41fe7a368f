"""The applier in a simulation: the real one over a replica that is one file of pages.

`Applier` decides what is applied, proves it and writes the position. The file below it is not
written through SQLite's pager, for its library must not meet the readers' in one process. Its pages
are written in one step, between two snapshots of the readers, and the change counter tells them
that what they remember is old. Where the disk may fail in the middle of that step, another file
takes its place. What the pager does when it is killed is tried with real processes
(`chaos.scenarios.applier_kills`, `replica_power_cuts`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

from chaos.sim.shipping import content_hash
from chaos.sim.whole_file import write_whole
from replication.adapters.applier.apply import Applier, Outcome
from replication.adapters.applier.replica_file import PageSizeError
from replication.adapters.applier.stamp import read_stamp, stamped
from replication.adapters.applier.verdict import Proof
from replication.adapters.applier_process import OTHER_PAGE_SIZE, Applied, ApplierError
from replication.delta_chain import joined
from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from replication.adapters.applier.replica_file import Change
    from replication.adapters.applier.stamp import Stamp
    from replication.position import Position


class PagesFile:
    """What `Applier` needs of a `ReplicaFile`."""

    def __init__(self, path: Path, *, disk_fails: bool) -> None:
        self._path = path
        self._disk_fails = disk_fails
        self._image = bytearray(path.read_bytes()) if path.exists() else bytearray()
        self._counter = int.from_bytes(self._image[24:28], "big") + 1

    @property
    def page_size(self) -> int:
        """In bytes; 0 where nothing was ever applied."""
        size = int.from_bytes(self._image[16:18], "big")
        return 65_536 if size == 1 else size

    @property
    def page_count(self) -> int:
        """Its size in pages."""
        return len(self._image) // self.page_size if self._image else 0

    @property
    def stamp(self) -> Stamp | None:
        """Where its pages are."""
        return read_stamp(self.page(1)) if self._image else None

    def page(self, page_number: int) -> bytes:
        """The image of a page."""
        size = self.page_size
        return bytes(self._image[(page_number - 1) * size : page_number * size])

    def write(self, change: Change) -> None:
        """Write all of it. Errors: `PageSizeError`."""
        size = change.page_size
        if self._image and self.page_size != size:
            raise PageSizeError
        first = change.first_page or self.page(1)
        # Readers have no WAL here, so page 1 must not promise one.
        first = stamped(first[:18] + b"\x01\x01" + first[20:], change.position)
        pages = {**dict(change.pages), 1: _counted(first, self._counter)}
        self._counter += 1
        image = self._image[: change.commit * size].ljust(change.commit * size, b"\0")
        for number, page in pages.items():
            image[(number - 1) * size : number * size] = page
        if self._disk_fails:
            write_whole(self._path, bytes(image))
        else:
            self._write_pages(pages, change.commit * size)
        self._image = image

    def _write_pages(self, pages: dict[int, bytes], file_bytes: int) -> None:
        with self._path.open("r+b" if self._path.exists() else "wb", buffering=0) as file:
            file.truncate(file_bytes)
            for number, page in pages.items():
                file.seek((number - 1) * len(page))
                file.write(page)


def _counted(page: bytes, counter: int) -> bytes:
    """Page 1 of a state that no reader has seen: by the counter they know."""
    count = counter.to_bytes(4, "big")
    return page[:24] + count + page[28:92] + count + page[96:]


class AppliedHere:
    """`site_server.ways.RunningApplier` without a process of its own."""

    def __init__(
        self,
        replica: Path,
        mirror: Path,
        on_applied: Callable[[Position, str], None],
        *,
        disk_fails: bool,
    ) -> None:
        self._replica = replica
        self._disk_fails = disk_fails
        self._mirror = mirror
        self._on_applied = on_applied
        self._applier: Applier | None = None

    async def run(self) -> NoReturn:
        """There is nothing to keep going."""
        await asyncio.Event().wait()
        raise AssertionError

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        """See `ApplierProcess.apply`."""
        return await self._do(lambda applier: applier.apply(lineage, head_txid))

    async def apply_deltas(self, lineage: str, deltas: Sequence[bytes]) -> Applied:
        """See `ApplierProcess.apply_deltas`."""
        return await self._do(lambda applier: applier.apply_deltas(lineage, joined(deltas)))

    async def prove(self) -> Proof:
        """Pages that were replaced in one step are sound."""
        return Proof(damage="")

    async def rebuild(self, lineage: str, damaged_as: str = "") -> Applied:
        """See `ApplierProcess.rebuild`."""
        del damaged_as
        self._position_path.unlink(missing_ok=True)
        self._replica.unlink(missing_ok=True)
        return await self.apply(lineage)

    def written_bytes(self) -> int:
        """See `ApplierProcess.written_bytes`; what is written takes its place in one step."""
        return self._replica.stat().st_size if self._replica.exists() else 0

    @property
    def _position_path(self) -> Path:
        return self._replica.with_suffix(".position")

    async def _do(self, work: Callable[[Applier], Outcome]) -> Applied:
        return await asyncio.to_thread(self._done, work)

    def _done(self, work: Callable[[Applier], Outcome]) -> Applied:
        applier = self._applier if self._replica.exists() else None
        self._applier = None  # one that fails is not gone on with
        if applier is None:
            pages = PagesFile(self._replica, disk_fails=self._disk_fails)
            applier = Applier(pages, self._position_path, self._mirror)  # type: ignore[arg-type]
        try:
            outcome = work(applier)
        except PageSizeError as error:
            raise ApplierError(str(error), OTHER_PAGE_SIZE) from error
        except (ReplicationError, OSError) as error:
            raise ApplierError(str(error), type(error).__name__) from error
        self._applier = applier
        if applier.position is not None and outcome.applied:
            self._on_applied(applier.position, content_hash(self._replica.read_bytes()))
        return _applied(outcome, applier.position)


def _applied(outcome: Outcome, position: Position | None) -> Applied:
    return Applied(
        position=position,
        files=outcome.applied,
        pages=outcome.pages,
        refused=tuple(outcome.refused),
        gap=outcome.gap,
    )
