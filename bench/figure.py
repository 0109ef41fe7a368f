"""One measured figure beside its peer, and the one line that says it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure: `value` and `peer` are in `unit`; `met`: whether `target` (a text) holds."""

    name: str
    value: float
    unit: str
    peer: float
    target: str
    met: bool

    @property
    def ratio(self) -> float:
        """`value` by `peer`: both were measured in the same run."""
        return self.value / self.peer

    def line(self) -> str:
        """The closing line of a bench."""
        verdict = "met" if self.met else "missed"
        return (
            f"{self.name}: {self.value:.3g} {self.unit}, peer {self.peer:.3g}, "
            f"ratio {self.ratio:.2f}, target {self.target}: {verdict}"
        )


def percentile(samples: Sequence[float], percent: float) -> float:
    """The sample below which `percent` (0 to 100) of all lie; `samples` must not be empty."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def machine() -> str:
    """What this machine is, for the table."""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )
