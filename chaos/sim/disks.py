"""The disks of a simulation's machines: they remember what was synced, and may be full.

Theory of operation
-------------------
SQLite writes from C, and much of what Python writes does, too. So the recorder of the power-cut
scenarios (`chaos.live.power_cut`) is put into the process of the simulation: it sees each write,
sync and change of names below the machines' folders, in order, and refuses what does not fit.

Nothing of this is loaded where the plan has no such fault. What was recorded is replayed into one
`Disk` for each machine, now and then and when the power of one is cut; then the disk says what is
left, by a stream of chance of its own. At each cut the replayed files must be those of the folder,
byte for byte: a record with a hole would prove nothing.

Rejected: a VFS below SQLite alone, for the spool, the mirror and the keys are not SQLite's; copies
of the files at each sync, which lose the order of what lies between two of them.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.power_cut.disk import Disk, lay_out
from chaos.live.power_cut.record import Did, read_record
from chaos.live.power_cut.recorder import build_recorder, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chaos.live.power_cut.record import Operation

UNBOUNDED: Final = -1
LOG_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of the record, before it is replayed."""
NOT_RECORDED: Final = "-shm"


@cache
def recorder() -> Path:
    """The recorder, built once for this process and those that it forks."""
    folder = tempfile.mkdtemp(prefix="holdfast-recorder-")
    maker = os.getpid()

    def clean_up() -> None:
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(clean_up)
    return build_recorder(Path(folder))


class Disks:
    """All machines below `root`. One for a process, for its whole life."""

    def __init__(self, root: Path, log: Path, random: Random) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._random = random
        self._disks: dict[str, tuple[Path, Disk]] = {}
        self._disk_of: dict[int, Disk] = {}
        self._library = _loaded(root, log)

    def use(self, machine: Path) -> None:
        """That folder is a disk of its own. To be said before anything is opened there."""
        self.set_room(machine, UNBOUNDED)

    def set_room(self, machine: Path, room_bytes: int) -> None:
        """Files there may grow by so many bytes from now on; `UNBOUNDED`: by any."""
        if self._library.holdfast_room(str(machine.resolve()).encode(), room_bytes) != 0:
            raise ChaosError("There are more disks than the recorder knows.")

    def room(self, machine: Path) -> int:
        """By how many bytes files there may still grow."""
        return int(self._library.holdfast_room_left(str(machine.resolve()).encode()))

    @contextmanager
    def with_room(self, machine: Path) -> Iterator[None]:
        """For what the simulation writes there itself."""
        room_bytes = self.room(machine)
        self.set_room(machine, UNBOUNDED)
        yield
        self.set_room(machine, room_bytes)

    def begin(self, machine: Path, folder: Path) -> None:
        """A process starts on `folder` of that machine: all that is there is on the disk."""
        self._replay()
        disk = Disk(folder)
        disk.stand_on(_files(folder))
        self._disks[str(machine.resolve())] = (folder, disk)

    def end(self, machine: Path) -> None:
        """No process is there, and an administrator is: what they do is done."""
        self._replay()
        self._disks.pop(str(machine.resolve()), None)

    def power_cut(self, machine: Path, left: Path) -> None:
        """Lay out in `left` what a cut at this moment leaves of the machine's present folder."""
        self._replay()
        folder, disk = self._disks[str(machine.resolve())]
        if disk.settled() != _files(folder):
            raise ChaosError(f"The record of {folder} is not what is on the disk.")
        for path in sorted(folder.rglob("*")):
            if path.is_dir():
                (left / path.relative_to(folder)).mkdir(parents=True, exist_ok=True)
        lay_out(disk.cut(self._random), left)

    def keep_short(self) -> None:
        """Replay the record if it is long."""
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES_MAX:
            self._replay()

    def _replay(self) -> None:
        if not self._log.exists():
            return
        data = self._log.read_bytes()
        os.truncate(self._log, 0)
        for operation in read_record(data):
            disk = self._meant(operation)
            if disk is not None:
                disk.do(operation)

    def _meant(self, operation: Operation) -> Disk | None:
        """The disk of a running process; what the dead have left does nothing any more."""
        if operation.did is Did.SAID:
            return None
        if operation.handle and operation.did is not Did.OPENED:
            disk = self._disk_of.get(operation.handle)
            return disk if any(disk is each for _, each in self._disks.values()) else None
        path = operation.first.decode()
        for folder, disk in self._disks.values():
            if path == str(folder) or path.startswith(f"{folder}/"):
                if operation.did is Did.OPENED:
                    self._disk_of[operation.handle] = disk
                return disk
        return None


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(NOT_RECORDED)
    }


def _loaded(root: Path, log: Path) -> ctypes.CDLL:
    """The recorder, in this process: it reads where to look when it is loaded."""
    wanted = recording(recorder(), root=root, log=log)
    path = wanted.pop("LD_PRELOAD")
    for name, value in wanted.items():
        os.environ[name] = value
    try:
        library = ctypes.CDLL(path)
    finally:
        for name in wanted:
            del os.environ[name]
    library.holdfast_room.argtypes = (ctypes.c_char_p, ctypes.c_int64)
    library.holdfast_room_left.argtypes = (ctypes.c_char_p,)
    library.holdfast_room_left.restype = ctypes.c_int64
    if library.holdfast_hook() == 0:
        raise ChaosError("The recorder found nothing that writes in this process.")
    return library
