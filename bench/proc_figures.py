"""What a process has used, as the kernel counts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """CPU time of some processes since they began, and what of their memory is resident."""

    cpu_s: float
    resident_bytes: int


def used_by(pids: Sequence[int]) -> Used:
    """All of them together."""
    return Used(
        cpu_s=sum(_cpu_ns(pid) for pid in pids) / 1e9,
        resident_bytes=sum(_status_bytes(pid, "VmRSS") for pid in pids),
    )


def peak_bytes(pid: int) -> int:
    """The most that the process ever had resident."""
    return _status_bytes(pid, "VmHWM")


def _cpu_ns(pid: int) -> int:
    tasks = (PROC / str(pid) / "task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def _status_bytes(pid: int, field: str) -> int:
    for line in (PROC / str(pid) / "status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0
