"""The primary's shadow: the pages of the directory as a site at the newest published TXID has them.

Theory of operation
-------------------
A delta needs the image that a page had before. The directory itself has moved on by then, so the
images are kept apart, in a plain file of pages that nobody else reads. It is made from the LTX
files that sites get too, never from the directory: what a site cannot know must not be in it.

The shadow is worth nothing. It is not synced, deleted at the start, and made anew from the store
whenever it cannot follow: after a gap, a damaged file, another page size. It costs the disk of one
more directory, and no memory but one page at a time.

Going one step reads the files of level 0 (all of them proved, for what the shadow takes is what
deltas vouch for), compares the newest image of each page with the one here, leaves out what is the
same, and writes the delta before the new images take the place of the old. Pages that are the same
are many after a restart of litestream, which then writes the whole database as one step.

Rejected: images from the retained LTX files at each step. It takes no disk, and for each page a
search through all files since the last snapshot.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.errors import ReplicationError
from replication.ltx import LtxError, LtxFile, read_ltx
from replication.manifest import LtxName
from replication.page_delta import Step, make_delta
from replication.plan import cost, plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEP_FILES_MAX: Final = 200
"""Files of one step, all open at once; a longer way is not gone, but made anew."""
SHORT_FILES_MAX: Final = 4
SHORT_BYTES_MAX: Final = 16 * 1024
"""Of the files of a step that is gone where it is asked for: about 0.5 ms, and 5 ms where pages are
almost empty. A thread would add its hand-over, as much again and more on a busy machine."""
DELTA_IMAGE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of all images in one delta, which a site rebuilds in memory. Beyond it whole files are cheap."""


class ShadowError(ReplicationError):
    """The shadow cannot follow; sites get whole LTX files until it can."""


class Shadow:
    """The pages at `txid`, in the file `path`. Its methods block; threads take turns."""

    def __init__(self, path: Path, store: Path) -> None:
        self.txid = 0
        """Where it stands; 0: nowhere, it must be made anew."""
        self._path = path
        self._store = store
        self._descriptor = -1
        self._page_size = 0
        self._commit = 0
        self._turn = threading.Lock()
        self._is_closing = False

    def follow(self, txid: int) -> bytes | None:
        """Go to `txid`; the delta that leads there, None where there is none.

        Errors: `ReplicationError`, `OSError`; the next call makes the shadow anew.
        """
        with self._turn:
            return None if txid == self.txid else self._follow(txid)

    def follow_shortly(self, txid: int) -> bytes | None:
        """The same where the way is short, in no time; None where `follow` has to do it.

        Errors: `OSError`; `follow` goes on from there.
        """
        if not self._turn.acquire(blocking=False):
            return None
        try:
            begin = self.txid
            if not 0 < begin < txid <= begin + SHORT_FILES_MAX:
                return None
            try:
                names = [_level_0(each) for each in range(begin + 1, txid + 1)]
                sizes = [ltx_path(self._store, name).stat().st_size for name in names]
                if sum(sizes) > SHORT_BYTES_MAX:
                    return None
                self.txid = 0
                delta = self._step(begin, txid)
            except (LtxError, FileNotFoundError):
                return None
            self.txid = txid
            return delta
        finally:
            self._turn.release()

    def _follow(self, txid: int) -> bytes | None:
        begin, self.txid = self.txid, 0
        delta: bytes | None = None
        gone = False
        if 0 < begin < txid <= begin + STEP_FILES_MAX:
            try:
                delta, gone = self._step(begin, txid), True
            except (LtxError, FileNotFoundError):
                gone = False
        if not gone:
            self._make_anew(txid)
        self.txid = txid
        return delta

    def page(self, page_number: int) -> bytes:
        """The image of a page; zeros where none was ever written."""
        image = os.pread(self._descriptor, self._page_size, (page_number - 1) * self._page_size)
        return image.ljust(self._page_size, b"\0")

    def close(self) -> None:
        """Delete it; whoever makes it in another thread gives up first."""
        self._is_closing = True
        with self._turn:
            self._delete()

    def _delete(self) -> None:
        self.txid = 0
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._path.unlink(missing_ok=True)

    def _step(self, begin: int, txid: int) -> bytes | None:
        """The delta from `begin` to `txid`, once the shadow has its pages; None: too large."""
        with ExitStack() as stack:
            newest: dict[int, LtxFile] = {}
            file: LtxFile | None = None
            for each in range(begin + 1, txid + 1):
                name = _level_0(each)
                source = stack.enter_context(ltx_path(self._store, name).open("rb"))
                file = self._proved(read_ltx(source, str(name)), name)
                newest.update(dict.fromkeys(file.page_numbers, file))
            if file is None:
                raise ShadowError
            header = file.header
            changed = [n for n in sorted(newest) if self._differs(n, newest[n], header.commit)]
            delta = None
            if len(changed) * self._page_size <= DELTA_IMAGE_BYTES_MAX:
                step = Step(
                    page_size=self._page_size,
                    base_txid=begin,
                    base_commit=self._commit,
                    txid=txid,
                    commit=header.commit,
                    timestamp_ms=header.timestamp_ms,
                )
                delta = make_delta(step, ((n, newest[n].page(n)) for n in changed), self.page)
            self._take(header.commit, ((n, newest[n].page(n)) for n in changed))
        return delta

    def _proved(self, file: LtxFile, name: LtxName) -> LtxFile:
        header = file.header
        holds = (header.min_txid, header.max_txid) == (name.min_txid, name.max_txid)
        if not holds or header.page_size != self._page_size:
            raise LtxError(
                path=str(name), what="it does not follow the file before it", hint="List again."
            )
        return file

    def _differs(self, number: int, file: LtxFile, commit: int) -> bool:
        if number > commit:
            return False
        return number > self._commit or file.page(number) != self.page(number)

    def _take(self, commit: int, pages: Iterator[tuple[int, bytes]]) -> None:
        os.ftruncate(self._descriptor, min(commit, self._commit) * self._page_size)
        for number, image in pages:
            self._write(number, image)
        os.ftruncate(self._descriptor, commit * self._page_size)
        self._commit = commit

    def _make_anew(self, txid: int) -> None:
        costs = {
            name: cost(status.st_size)
            for name, status in scan_ltx(self._store)
            if name.max_txid <= txid
        }
        names = plan(None, costs)
        if not names or names[-1].max_txid != txid:
            raise ShadowError(f"The store does not lead to TXID {txid}.")
        self._open()
        for name in names:
            with ltx_path(self._store, name).open("rb") as source:
                file = read_ltx(source, str(name))
                self._page_size = self._page_size or file.header.page_size
                file = self._proved(file, name)
                commit = file.header.commit
                self._take(commit, (page for page in file.pages() if page[0] <= commit))

    def _open(self) -> None:
        """A file that is empty again."""
        self._delete()
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o600)
        self._page_size = self._commit = 0

    def _write(self, number: int, image: bytes) -> None:
        if self._is_closing:
            raise ShadowError
        view, offset = memoryview(image), (number - 1) * self._page_size
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written


def _level_0(txid: int) -> LtxName:
    return LtxName(level=0, min_txid=txid, max_txid=txid)
