"""Files that only their owner may read: keys, certificates, tokens."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_private_folder", "sync_folder", "write_private"]

PRIVATE_MODE: Final = 0o600
PRIVATE_FOLDER_MODE: Final = 0o700


def make_private_folder(folder: Path) -> None:
    """Make `folder`, and what leads to it, so that nobody else can look inside."""
    folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER_MODE)


def write_private(path: Path, content: bytes) -> None:
    """Make `path` hold `content`, mode 0600. A power cut leaves the old or the new, whole."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)
