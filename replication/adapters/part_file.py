"""A download under way: a file that gets its name only once it is whole and on the disk.

Until then it is called after the file and the digest that it shall have, so that what a cut left is
only ever continued towards the same bytes. One without a digest is never continued.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART_SUFFIX: Final = ".part"
DIGEST_DIGITS: Final = 16
"""Of the SHA-256, in the part's name: enough to tell two versions of a file from each other."""
READ_BYTES: Final = 1024 * 1024


class PartFile:
    """The download of `path`. Its methods block: call them in a thread.

    A cancelled download leaves its thread behind, so that `discard` or `leave` may come while a
    piece is still being written; what comes after them does nothing.
    """

    def __init__(self, path: Path, sha256: str = "") -> None:
        self.finished = False
        towards = f".{sha256[:DIGEST_DIGITS]}" if sha256 else ""
        self.part = path.with_name(f"{path.name}{towards}{PART_SUFFIX}")
        self._path = path
        self._lock = threading.Lock()
        self._descriptor = -1
        self._has_ended = False
        self._append = False

    def resume(self) -> Iterator[bytes]:
        """What is there already; what is written from now on follows it."""
        self._append = True
        with suppress(FileNotFoundError), self.part.open("rb") as file:
            while piece := file.read(READ_BYTES):
                yield piece

    def write(self, data: bytes) -> None:
        """Add a piece. Errors: `OSError`."""
        with self._lock:
            if not self._has_ended:
                self._write(data)

    def finish(self, data: bytes) -> None:
        """Write the rest; from here on the file has its name, also after a power cut."""
        with self._lock:
            if self._has_ended:
                return
            self._write(data)
            os.fsync(self._descriptor)
            self._close()
            self.part.replace(self._path)
            sync_folder(self._path.parent)
            self.finished = True

    def leave(self, data: bytes) -> bool:
        """Write what came last and stop; whether anything is there to be continued."""
        with self._lock:
            if data and not self._has_ended:
                self._write(data)
            self._has_ended = True
            self._close()
            return self.part.exists()

    def discard(self) -> None:
        """Leave nothing behind."""
        with self._lock:
            self._has_ended = True
            self._close()
            self.part.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            self.part.parent.mkdir(parents=True, exist_ok=True)
            mode = os.O_APPEND if self._append else os.O_TRUNC
            self._descriptor = os.open(self.part, os.O_WRONLY | os.O_CREAT | mode, 0o600)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
