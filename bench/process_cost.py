"""What running processes cost: time on a core, and memory with what they share counted by share."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROC: Final = Path("/proc")
_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
_GONE: Final = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of some processes together, since each began; memory is of this moment."""

    busy_ns: Mapping[int, int]
    pss_bytes: int

    @classmethod
    def of(cls, pids: Iterable[int]) -> Self:
        """What the kernel says of them: the scheduler's own times, and `smaps_rollup`."""
        there = list(pids)
        return cls(
            busy_ns={pid: _busy_ns(pid) for pid in there},
            pss_bytes=sum(map(_pss_bytes, there)),
        )

    def percent_since(self, before: Self, window_s: float) -> float:
        """Of one core, in a window that began with `before`. What has ended since is left out."""
        used_ns = sum(
            max(busy_ns - before.busy_ns.get(pid, 0), 0) for pid, busy_ns in self.busy_ns.items()
        )
        return used_ns / window_s / 1e7


def family(pid: int) -> list[int]:
    """That process and all that it started, and those that they did."""
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(*_GONE):
                # The name, in brackets, may hold spaces.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(fields[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _busy_ns(pid: int) -> int:
    busy_ns = 0
    with suppress(*_GONE):
        for thread in (PROC / str(pid) / "task").iterdir():
            with suppress(*_GONE):
                busy_ns += int((thread / "schedstat").read_text().split()[0])
    return busy_ns


def _pss_bytes(pid: int) -> int:
    with suppress(*_GONE):
        found = _PSS.search((PROC / str(pid) / "smaps_rollup").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0
