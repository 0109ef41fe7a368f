"""A power cut under a whole server: it runs recorded, and finds what a disk might have kept.

The recorder is loaded into the server and into every process that it starts. When the server was
killed, the record of what all of them wrote is replayed on a disk that keeps only what was synced,
and of the rest a part that chance decides. That disk takes the place of the data folder.

Before that the record is put to the test: everything in it, synced or not, must be the folder.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.power_cut.disk import Disk, lay_out
from chaos.live.power_cut.record import Did, read_record
from chaos.live.power_cut.recorder import recording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from random import Random


NOT_RECORDED: Final = ("-shm", ".sock")
"""SQLite makes its index anew after a crash; a socket has no content."""


class ServerCut:
    """Begin it while the server does not run; start that with `environ`; kill it; then `cut`."""

    def __init__(self, data: Path, recorder: Path) -> None:
        self._data = data
        self._before = data.with_name(f"{data.name}.before")
        self._log = data.with_name(f"{data.name}.record")
        shutil.copytree(data, self._before, symlinks=True)
        self.environ: Mapping[str, str] = recording(recorder, root=data, log=self._log)
        self.operations = self.syncs = self.files = self.changed_files = 0

    def cut(self, random: Random) -> None:
        """Let the data folder be what a power cut just now might have left.

        Errors: `ChaosError` where the record is not all that was written.
        """
        operations = list(read_record(self._log.read_bytes()))
        written = self._data.with_name(f"{self._data.name}.written")
        self._data.rename(written)
        shutil.copytree(self._before, self._data, symlinks=True)
        found = files_in(self._data)
        disk = Disk(self._data)
        disk.stand_on(found)
        for operation in operations:
            disk.do(operation)
        settled, image = disk.settled(), disk.cut(random)
        _check(settled, written)
        for path in found.keys() - image.keys():
            (self._data / path).unlink()
        lay_out(image, self._data)
        self.operations = len(operations)
        self.syncs = sum(operation.did is Did.SYNCED for operation in operations)
        self.files = len(settled)
        self.changed_files = sum(image.get(path) != data for path, data in settled.items())
        for folder in (self._before, written):
            shutil.rmtree(folder)
        self._log.unlink()


def _check(settled: Mapping[str, bytes], written: Path) -> None:
    wrong = [
        path
        for path, data in settled.items()
        if not path.endswith(NOT_RECORDED) and not _is(written / path, data)
    ]
    if wrong:
        raise ChaosError(f"The record does not lead to what was written: {', '.join(wrong)}.")


def _is(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except FileNotFoundError:
        return False


def files_in(folder: Path) -> dict[str, bytes]:
    """What every file below it holds, by its path there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
