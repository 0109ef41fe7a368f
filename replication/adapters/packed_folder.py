"""Packed copies of a store's large files, each beside nothing but its name: made anew at will.

A copy is named after its file and the file's size, time and inode, because litestream may write a
snapshot again under the same name. Its methods block: call them in a thread.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Final

from replication.adapters.ltx_folder import ltx_path
from replication.adapters.part_file import PART_SUFFIX
from replication.packed_file import packed, seek_piece

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from replication.manifest import LtxName

SUFFIX: Final = ".packed"


class PackedFolder:
    """The packed copies in `folder` of files in the store `store`."""

    def __init__(self, folder: Path, store: Path) -> None:
        self._folder = folder
        self._store = store
        self._is_closing = False

    def close(self) -> None:
        """Whoever makes a copy in another thread gives up."""
        self._is_closing = True

    def make(self, name: LtxName) -> None:
        """Have a packed copy of that file. Errors: `OSError`; nothing is left behind then."""
        with ltx_path(self._store, name).open("rb") as source:
            path = self._path(name, os.fstat(source.fileno()))
            if path.exists():
                return
            self._folder.mkdir(exist_ok=True)
            part = path.with_name(path.name + PART_SUFFIX)
            try:
                with part.open("wb") as target:
                    for piece in packed(source):
                        if self._is_closing:
                            return
                        target.write(piece)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    def open(self, name: LtxName, offset_bytes: int) -> tuple[BinaryIO, int] | None:
        """The copy, open at the piece that holds that byte, and where the piece begins.

        None where there is no copy. Errors: `OSError`, `BadPackError`.
        """
        try:
            status = ltx_path(self._store, name).stat()
            file = self._path(name, status).open("rb")
        except FileNotFoundError:
            return None
        try:
            return file, seek_piece(file, offset_bytes)
        except BaseException:
            file.close()
            raise

    def keep(self, names: Collection[LtxName]) -> None:
        """Delete all but the copies of these files as they are now."""
        if not self._folder.exists():
            return
        kept = set()
        for name in names:
            path = ltx_path(self._store, name)
            if path.exists():
                kept.add(self._path(name, path.stat()))
        for path in self._folder.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)

    def _path(self, name: LtxName, status: os.stat_result) -> Path:
        level, file = str(name).removeprefix("ltx/").split("/")
        stamp = f"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"
        return self._folder / f"{level}-{file}.{stamp}{SUFFIX}"
