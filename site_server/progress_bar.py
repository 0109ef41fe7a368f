"""What a first copy on its way looks like to a person: one line, no wider than the terminal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from site_server.service.tell_bootstrap import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

CELLS_MAX: Final = 40
CELLS_MIN: Final = 5
PACE_S: Final = 5.0
"""The speed is that of the last seconds: a line changes, and so does what is left."""
PACE_KNOWN_S: Final = 1.0
MEGA: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    at_s: float
    bytes: int


class Pace:
    """How fast bytes come, by what was seen of them."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()

    def note(self, fetched_bytes: int, now_s: float) -> None:
        """So many are here now; fewer than before is a site that was started again."""
        samples = self._samples
        if samples and fetched_bytes < samples[-1].bytes:
            samples.clear()
        samples.append(_Sample(at_s=now_s, bytes=fetched_bytes))
        while len(samples) > 2 and now_s - samples[1].at_s >= PACE_S:  # noqa: PLR2004 - a stretch
            samples.popleft()

    @property
    def bytes_per_s(self) -> float | None:
        """None as long as it cannot be said."""
        if not self._samples:
            return None
        first, last = self._samples[0], self._samples[-1]
        took_s = last.at_s - first.at_s
        return (last.bytes - first.bytes) / took_s if took_s >= PACE_KNOWN_S else None


def line_of(status: Mapping[str, Any], pace: Pace, columns: int) -> str:
    """How far the replica is."""
    if status["position"] > 0:
        behind = status["txids_behind"]
        if behind == 0:
            return f"ready at TXID {status['position']}"
        return f"the directory is here, catching up: {behind} changes behind"[:columns]
    if status["wanted_bytes"] == 0:
        return f"waiting for headquarters (the link is {status['link_state']})"[:columns]
    return _bar(status["fetched_bytes"], status["wanted_bytes"], pace.bytes_per_s, columns)


def _bar(fetched_bytes: int, wanted_bytes: int, bytes_per_s: float | None, columns: int) -> str:
    here = percent(fetched_bytes, wanted_bytes)
    told = f"{here:3} % of {_size(wanted_bytes)}"
    if fetched_bytes >= wanted_bytes:
        told += ", applying it"
    elif bytes_per_s:
        left_s = (wanted_bytes - fetched_bytes) / bytes_per_s
        told += f", {_size(bytes_per_s)}/s, {_duration(left_s)} left"
    elif bytes_per_s is not None:
        told += ", nothing arrives"
    cells = min(CELLS_MAX, columns - len(told) - 3)
    if cells < CELLS_MIN:
        return told.strip()[:columns]
    return f"[{('#' * (cells * here // 100)).ljust(cells, '.')}] {told}"


def _size(size_bytes: float) -> str:
    if size_bytes >= MEGA:
        return f"{size_bytes / MEGA:.1f} MB"
    return f"{size_bytes / 1_000:.0f} kB"


def _duration(left_s: float) -> str:
    seconds = max(1, round(left_s))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes, hours = seconds // 60, seconds // 3_600
    return f"{minutes} min" if hours == 0 else f"{hours} h {minutes % 60} min"
