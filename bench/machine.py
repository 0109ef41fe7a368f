"""What machine a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

CPU_INFO: Final = Path("/proc/cpuinfo")


class Machine(BaseModel):
    """As far as it matters for a figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cores: int
    architecture: str
    system: str
    processor: str
    memory_gib: int
    python: str

    @property
    def kind(self) -> tuple[object, ...]:
        """Figures of machines of one kind may be compared, with care."""
        return (self.cores, self.architecture, self.system)

    def __str__(self) -> str:
        return (
            f"{self.cores} cores, {self.architecture}, {self.processor or 'processor unknown'}, "
            f"{self.memory_gib} GiB, {self.system}, Python {self.python}"
        )


def describe() -> Machine:
    """This machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cores=os.cpu_count() or 1,
        architecture=platform.machine(),
        system=platform.system(),
        processor=_processor(),
        memory_gib=round(memory / 2**30),
        python=platform.python_version(),
    )


def _processor() -> str:
    if not CPU_INFO.exists():
        return ""
    for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return ""
