"""Keeps everybody from writing to a SQLite database in WAL mode, as a slow backup tool might.

The lock is SQLite's own, on the byte of the -shm file that stands for the writer. It is taken
without SQLite: a connection of ours that is closed last would checkpoint what is not ours.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITER_BYTE: Final = 120
"""WAL_WRITE_LOCK: the first of the locks behind the two headers of the index (wal.c)."""


@contextmanager
def write_lock(database: Path) -> Iterator[None]:
    """Nobody else begins a write transaction meanwhile; readers are not concerned."""
    path = database.with_name(f"{database.name}-shm")
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError as error:
        raise ChaosError(f"Nobody has {database} open.") from error
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX, 1, WRITER_BYTE)
        yield
    finally:
        os.close(fd)
