"""The file that keeps a replica's position: one line, replaced whole."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from replication.adapters.ltx_folder import sync_folder
from replication.errors import StorageFullError
from replication.position import Position

if TYPE_CHECKING:
    from pathlib import Path


def read_position(path: Path) -> Position | None:
    """The stored position; None where there is none. Errors: `BadPositionError`."""
    try:
        text = path.read_text("ascii", errors="replace")
    except FileNotFoundError:
        return None
    return Position.parse(text.rstrip("\n"))


def store_position(path: Path, position: Position) -> None:
    """Replace the stored position; durable on return, and whole after a power cut at any moment.

    Errors: `StorageFullError`, `OSError`.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        _write(temporary, f"{position}\n".encode("ascii"))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFullError from error
        raise
    temporary.replace(path)
    sync_folder(path.parent)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
