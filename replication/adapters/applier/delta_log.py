"""From page deltas to what the replica is to become, and to an LTX file of the mirror.

The replica is the only place where the older images are, so here the delta is undone and proved.
What comes of it is written at once. Then it becomes the LTX file that the site would have fetched,
which is kept in the mirror for the day when the replica is lost while the WAN is down. Deltas that
wait together become one file and one transaction.

The file is made and kept after its pages are applied, for packing it and two syncs would make every
reader wait for what it does not need. After a crash in between the replica stands where its stamp
says, and the mirror has a hole that the next whole manifest fills (`Mirror.adopt`).
"""

from __future__ import annotations

import errno
from itertools import chain
from typing import TYPE_CHECKING

from replication.adapters.applier.replica_file import Change, holes
from replication.adapters.part_file import PartFile
from replication.errors import StorageFullError
from replication.ltx import LtxHeader, lock_page
from replication.ltx_write import write_ltx
from replication.manifest import LtxName
from replication.page_delta import BadDeltaError

if TYPE_CHECKING:
    from pathlib import Path

    from replication.adapters.applier.replica_file import ReplicaFile
    from replication.page_delta import PageDelta
    from replication.position import Position


class Chained:
    """The pages that a chain of deltas makes of `replica`, which stands at `txid`."""

    def __init__(self, replica: ReplicaFile, txid: int) -> None:
        self.pages: dict[int, bytes] = {}
        self._replica = replica
        self._page_size = replica.page_size
        self._commit = self._untouched = replica.page_count
        """Pages now, and how many of them were never cut off on the way."""
        self._base_txid = self._txid = txid
        self._timestamp_ms = 0

    @property
    def name(self) -> LtxName:
        """Of the file that holds the whole step."""
        return LtxName(level=0, min_txid=self._base_txid + 1, max_txid=self._txid)

    @property
    def leads_on(self) -> bool:
        """Whether there is a delta in it."""
        return self._txid > self._base_txid

    def add(self, delta: PageDelta) -> None:
        """Prove the next delta. Errors: `BadDeltaError`."""
        step = delta.step
        if step.page_size != self._page_size:
            raise BadDeltaError
        made = delta.rebuild(self._image, base_txid=self._txid, base_commit=self._commit)
        self.pages |= made
        self._untouched = min(self._untouched, step.commit)
        self.pages = {n: page for n, page in self.pages.items() if n <= step.commit}
        self._txid, self._commit = step.txid, step.commit
        self._timestamp_ms = step.timestamp_ms

    def as_change(self, position: Position) -> Change:
        """What the replica becomes. Ask before it is written, and once."""
        before = self._replica.page_count
        zeros = bytes(self._page_size)
        # What was cut off and grew again without an image is zeros, and not what it was before.
        cut_off = range(self._untouched + 1, min(self._commit, before) + 1)
        for number in cut_off:
            if number != lock_page(self._page_size):
                self.pages.setdefault(number, zeros)
        unwritten = holes(self.pages, before, self._commit, self._page_size)
        written = ((number, page) for number, page in sorted(self.pages.items()) if number > 1)
        return Change(
            page_size=self._page_size,
            commit=self._commit,
            pages=chain(((number, zeros) for number in unwritten), written),
            first_page=self.pages.get(1),
            position=position,
        )

    def as_ltx(self) -> bytes:
        """The file of the whole step, once `as_change` was asked."""
        header = LtxHeader(
            page_size=self._page_size,
            commit=self._commit,
            min_txid=self.name.min_txid,
            max_txid=self.name.max_txid,
            timestamp_ms=self._timestamp_ms,
        )
        return write_ltx(header, sorted(self.pages.items()))

    def _image(self, number: int) -> bytes:
        held = self.pages.get(number)
        if held is not None:
            return held
        return self._replica.page(number) if number <= self._untouched else bytes(self._page_size)


def keep(path: Path, data: bytes) -> None:
    """Put the file there, whole and synced. Errors: `StorageFullError`, `OSError`."""
    file = PartFile(path)
    try:
        file.finish(data)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFullError from error
        raise
    finally:
        if not file.finished:
            file.discard()
