"""Folders of LTX files, as litestream lays them out: `ltx/<level>/<min>-<max>.ltx`.

The primary's store has this layout, and so has each lineage of a site's mirror.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from replication.manifest import LEVEL_SNAPSHOT, BadNameError, LtxName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ltx_path(root: Path, name: LtxName) -> Path:
    """Where the file of that name lies below `root`."""
    return root / str(name)


def scan_ltx(root: Path) -> Iterator[tuple[LtxName, os.stat_result]]:
    """Each LTX file below `root` with its status.

    What has another name (a download under way) is passed over, and so is what vanishes meanwhile.
    """
    for level in range(LEVEL_SNAPSHOT + 1):
        folder = root / "ltx" / str(level)
        with suppress(FileNotFoundError), os.scandir(folder) as files:
            for file in files:
                with suppress(BadNameError, FileNotFoundError):
                    yield LtxName.parse(f"ltx/{level}/{file.name}"), file.stat()


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: a rename alone may be lost in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
