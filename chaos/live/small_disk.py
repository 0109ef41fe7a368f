"""A disk that is nearly full, full, and has room again: a tmpfs under a folder. It takes root.

Root, a real file system and real ENOSPC from every program on it; a quota on a folder would take a
file system that has them.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.processes import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BALLAST: Final = "ballast"
STEPS_BYTES: Final = (1_048_576, 4_096)
MOUNT_TIMEOUT_MS: Final = 10_000


class NoDiskError(ChaosError):
    """This machine lets us mount no tmpfs. Run it as root."""


class SmallDisk:
    """The disk under `folder`, once it is mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / BALLAST

    @property
    def free_bytes(self) -> int:
        """What is left."""
        return shutil.disk_usage(self._folder).free

    def fill(self, *, but_bytes: int = 0) -> None:
        """Take all that is free, beside what was taken already, except for so much."""
        fd = os.open(self._ballast, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            end = os.fstat(fd).st_size
            for step in STEPS_BYTES:
                while self.free_bytes - step >= but_bytes and _grown(fd, end, step):
                    end += step
        finally:
            os.close(fd)

    def make_room(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)


def _grown(fd: int, end: int, step: int) -> bool:
    """Whether there was room for it; others write meanwhile."""
    try:
        os.posix_fallocate(fd, end, step)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


@asynccontextmanager
async def small_disk(folder: Path, size_bytes: int) -> AsyncIterator[SmallDisk]:
    """A disk of that size under `folder`, with what was in it; nobody may use the folder just now.

    At the end what is there then is moved back; nobody may use it then either. After an error the
    disk is taken away and what it held is gone.
    """
    before = await asyncio.to_thread(_set_aside, folder)
    options = f"size={size_bytes},mode=0700"
    await _must("mount", "-t", "tmpfs", "-o", options, "holdfast", str(folder))
    try:
        await asyncio.to_thread(_move, before, folder)
        disk = SmallDisk(folder)
        yield disk
        disk.make_room()
        await asyncio.to_thread(shutil.copytree, folder, before, symlinks=True)
    finally:
        await _must("umount", "--lazy", str(folder))
    await asyncio.to_thread(_put_back, before, folder)


def _set_aside(folder: Path) -> Path:
    before = folder.with_name(f"{folder.name}.before")
    folder.rename(before)
    folder.mkdir(mode=0o700)
    return before


def _move(before: Path, folder: Path) -> None:
    shutil.copytree(before, folder, dirs_exist_ok=True, symlinks=True)
    shutil.rmtree(before)


def _put_back(before: Path, folder: Path) -> None:
    folder.rmdir()
    before.rename(folder)


async def _must(*argv: str) -> None:
    finished = await run(argv, within_ms=MOUNT_TIMEOUT_MS)
    if finished.exit_status:
        raise NoDiskError(f"{' '.join(argv)}: {finished.errors.strip()}. It needs root.")
