"""A download under way: a file that gets its name only once it is whole and on the disk."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

PART_SUFFIX: Final = ".part"


class PartFile:
    """The download of `path`. Its methods block: call them in a thread.

    A cancelled download leaves its thread behind, so that `discard` may come while a piece is still
    being written; what comes after `discard` does nothing.
    """

    def __init__(self, path: Path) -> None:
        self.finished = False
        self._path = path
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._lock = threading.Lock()
        self._descriptor = -1
        self._discarded = False

    def write(self, data: bytes) -> None:
        """Add a piece. Errors: `OSError`."""
        with self._lock:
            if not self._discarded:
                self._write(data)

    def finish(self, data: bytes) -> None:
        """Write the rest; from here on the file has its name, also after a power cut."""
        with self._lock:
            if self._discarded:
                return
            self._write(data)
            os.fsync(self._descriptor)
            self._close()
            self._part.replace(self._path)
            sync_folder(self._path.parent)
            self.finished = True

    def discard(self) -> None:
        """Leave nothing behind."""
        with self._lock:
            self._discarded = True
            self._close()
            self._part.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            self._descriptor = os.open(self._part, flags, 0o600)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
