"""A disk that is small enough to fill: a tmpfs of its own."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Mount it at `folder`; needs root, and says so where it cannot be done."""
    folder.mkdir()
    mount = (_program("mount"), "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(
            f"This test mounts a small tmpfs, which root may do: sudo make test ({done.stderr})"
        )
    try:
        yield folder
    finally:
        subprocess.run((_program("umount"), "--lazy", str(folder)), check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the space that is left."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        return ballast


def _program(name: str) -> str:
    return shutil.which(name) or f"/bin/{name}"
