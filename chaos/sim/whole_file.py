"""A file that is written as a careful program does it: there whole and synced, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.part_file import PartFile

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put it there. Errors: `OSError`, and then nothing has changed."""
    file = PartFile(path)
    try:
        file.finish(data)
    finally:
        if not file.finished:
            file.discard()
