"""The record that recorder.c writes, read back: what was done to files, in order."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = struct.Struct("=IIQqII")


class Did(IntEnum):
    """One kind of operation; the numbers stand in recorder.c."""

    OPENED = 1
    WROTE = 2
    RESIZED = 3
    SYNCED = 4
    RENAMED = 5
    UNLINKED = 6
    SAID = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation that succeeded."""

    did: Did
    handle: int
    """The open file, unique in the record; 0 where a path says it."""
    at: int
    """Offset, new size, or the flags of an opening."""
    first: bytes
    second: bytes

    @property
    def is_fresh(self) -> bool:
        """Whether an opening cut the file to nothing."""
        return bool(self.at & 1)

    @property
    def is_folder(self) -> bool:
        """Whether an opening was of a folder."""
        return self.did is Did.OPENED and bool(self.at & 2)

    @property
    def may_make(self) -> bool:
        """Whether an opening made the file where there was none."""
        return bool(self.at & 4)


def read_record(data: bytes) -> Iterator[Operation]:
    """Its operations. Errors: `ChaosError` where it is cut off in the middle."""
    begin = 0
    while begin < len(data):
        if begin + HEAD.size > len(data):
            raise ChaosError("The record ends in the middle of an operation.")
        did, _, handle, at, first_bytes, second_bytes = HEAD.unpack_from(data, begin)
        first = begin + HEAD.size
        second = first + first_bytes
        begin = second + second_bytes
        if begin > len(data):
            raise ChaosError("The record ends in the middle of an operation.")
        yield Operation(
            did=Did(did),
            handle=handle,
            at=at,
            first=data[first:second],
            second=data[second:begin],
        )
