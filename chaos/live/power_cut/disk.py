"""A disk that remembers what was synced: what a power cut may leave of recorded operations.

Theory of operation
-------------------
The record of one run is replayed, and the disk may be cut at any point of it, any number of times:
one run gives thousands of images. An image holds

* all bytes that an fsync or fdatasync of their file had made durable;
* of what was written since, a random subset of sectors of 512 bytes, in no order, and each change
  of size or not; a file may also have its new length with zeros where bytes are missing;
* all names that an fsync of their folder had made durable, and of the changes of names since then
  the first few, as journalling file systems keep them in order. A sync of a file does not keep its
  name, although most file systems do.

Files that the program found there count as durable, and must still be there when the record is
replayed. Folders themselves are never lost; one that gets another name takes along what is in it. A
sector is old or new, never garbage (SQLite assumes so).

Rejected: dropping unsynced writes while the program runs and killing it (one image for each run),
and a file system in user space (needs rights that a test machine may not give).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.power_cut.record import Did

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from chaos.live.power_cut.record import Operation

SECTOR_BYTES: Final = 512
KEPT: Final = (0.0, 0.1, 0.5, 0.9, 1.0)
"""How likely one unsynced sector is on the disk: one of these for each file of an image."""

Image = dict[str, bytes]


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    now: bytearray = field(default_factory=bytearray)
    unsynced: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Offset and bytes of each write since; a new size with None."""

    def do(self, at: int, data: bytes | None) -> None:
        _do(self.now, at, data)
        self.unsynced.append((at, data))

    def sync(self) -> None:
        for at, data in self.unsynced:
            _do(self.durable, at, data)
        self.unsynced.clear()

    def cut(self, random: Random) -> bytes:
        left = bytearray(self.durable)
        chance = random.choice(KEPT)
        for at, data in self.unsynced:
            if data is None:
                if random.random() < chance:
                    _do(left, at, None)
                continue
            for begin, end in _sectors(at, len(data)):
                if random.random() < chance:
                    _do(left, begin, data[begin - at : end - at])
        if self.unsynced and len(left) < len(self.now) and random.random() < chance:
            _do(left, random.randint(len(left), len(self.now)), None)
        return bytes(left)


@dataclass(frozen=True, slots=True)
class _Renaming:
    """One change of names: `file` gets the name `to`; None: nothing has it; `gone` is no more."""

    to: str
    file: _File | None
    gone: str | None = None

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.to).parent)

    def do(self, names: dict[str, _File]) -> None:
        if self.gone is not None:
            names.pop(self.gone, None)
        if self.file is None:
            names.pop(self.to, None)
        else:
            names[self.to] = self.file


@dataclass(frozen=True, slots=True)
class _FolderRenaming:
    """A folder has another name, with all that is in it."""

    to: str
    gone: str

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.to).parent)

    def do(self, names: dict[str, _File]) -> None:
        for path in [each for each in names if each.startswith(f"{self.gone}/")]:
            names[self.to + path.removeprefix(self.gone)] = names.pop(path)


class Disk:
    """The files below `root`, as the operations of a record make them. It begins empty."""

    def __init__(self, root: Path) -> None:
        self._root = str(root.resolve())
        self._names: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        self._unsynced: list[_Renaming | _FolderRenaming] = []
        self._open: dict[int, _File] = {}
        self._folders: dict[int, str] = {}

    def stand_on(self, image: Mapping[str, bytes]) -> None:
        """These files were there before, by their paths below the root, and are durable."""
        for path, data in image.items():
            file = _File(bytearray(data), bytearray(data))
            name = f"{self._root}/{path}"
            self._names[name] = self._durable_names[name] = file

    def do(self, operation: Operation) -> None:
        """Carry it out."""
        did = operation.did
        if did is Did.OPENED:
            self._opened(operation)
        elif did is Did.WROTE:
            self._file(operation).do(operation.at, operation.first)
        elif did is Did.RESIZED:
            self._file(operation).do(operation.at, None)
        elif did is Did.SYNCED:
            self._synced(operation)
        elif did is Did.RENAMED:
            self._renamed(operation.first.decode(), operation.second.decode())
        elif did is Did.UNLINKED:
            self._rename(_Renaming(operation.first.decode(), None))

    def settled(self) -> Image:
        """Every file as the program sees it, by its path below the root."""
        return self._image({path: bytes(file.now) for path, file in self._names.items()})

    def cut(self, random: Random) -> Image:
        """Every file as one power cut at this moment might leave it."""
        names = dict(self._durable_names)
        for folder in sorted({renaming.folder for renaming in self._unsynced}):
            here = [renaming for renaming in self._unsynced if renaming.folder == folder]
            for renaming in here[: random.randint(0, len(here))]:
                renaming.do(names)
        return self._image({path: file.cut(random) for path, file in sorted(names.items())})

    def _image(self, files: Mapping[str, bytes]) -> Image:
        return {path.removeprefix(self._root + "/"): data for path, data in files.items()}

    def _opened(self, operation: Operation) -> None:
        path = operation.first.decode()
        if operation.is_folder:
            self._folders[operation.handle] = path
            return
        file = self._names.get(path)
        if file is None and operation.may_make:
            file = _File()
            self._rename(_Renaming(path, file))
        elif file is None:
            there = Path(path).read_bytes()
            file = self._names[path] = self._durable_names[path] = _File(
                bytearray(there), bytearray(there)
            )
        elif operation.is_fresh and file.now:
            file.do(0, None)
        self._open[operation.handle] = file

    def _file(self, operation: Operation) -> _File:
        try:
            return self._open[operation.handle]
        except KeyError as error:
            raise ChaosError("The record writes to a file that it did not open.") from error

    def _synced(self, operation: Operation) -> None:
        folder = self._folders.get(operation.handle)
        if folder is None:
            self._file(operation).sync()
            return
        for renaming in self._unsynced:
            if renaming.folder == folder:
                renaming.do(self._durable_names)
        self._unsynced = [one for one in self._unsynced if one.folder != folder]

    def _renamed(self, old: str, new: str) -> None:
        file = self._names.get(old)
        if file is None:
            self._rename(_FolderRenaming(new, old))
        else:
            self._rename(_Renaming(new, file, gone=old))

    def _rename(self, renaming: _Renaming | _FolderRenaming) -> None:
        renaming.do(self._names)
        self._unsynced.append(renaming)


def lay_out(image: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of an image below `folder`."""
    for path, data in image.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _do(content: bytearray, at: int, data: bytes | None) -> None:
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    if data is None:
        del content[at:]
    else:
        content[at : at + len(data)] = data


def _sectors(at: int, size: int) -> list[tuple[int, int]]:
    """The parts of a write that lie in one sector each."""
    edges = [at, *range(at // SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES, at + size, SECTOR_BYTES)]
    return list(zip(edges, [*edges[1:], at + size], strict=True))
