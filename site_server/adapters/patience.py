"""How long a printer is waited for: bounds, and growing waits in between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """How long a printer is waited for, in milliseconds.

    `busy_ms_max`: a printer that says busy. `silence_ms_max`: one that does not answer, before the
    document or while it is followed; then the outcome is UNREACHABLE and the caller asks later.
    `follow_ms_max`: a job that goes on and on (a paper jam); then likewise. `wait_ms_first` grows
    by half up to `wait_ms_max`.
    """

    busy_ms_max: int = 300_000
    silence_ms_max: int = 10_000
    follow_ms_max: int = 3_600_000
    wait_ms_first: int = 100
    wait_ms_max: int = 2_000


class Patience:
    """How long one printer has been waited for on behalf of one job."""

    def __init__(self, limits: DeliveryLimits) -> None:
        self._limits = limits
        self._wait_ms = limits.wait_ms_first
        self._begun_s = self._answered_s = self._now_s()

    def answered(self) -> None:
        """The printer is there."""
        self._answered_s = self._now_s()

    @property
    def is_over(self) -> bool:
        """The printer was silent, or took altogether, too long."""
        now_s = self._now_s()
        silent_ms = (now_s - self._answered_s) * 1000
        followed_ms = (now_s - self._begun_s) * 1000
        return silent_ms >= self._limits.silence_ms_max or followed_ms >= self._limits.follow_ms_max

    @property
    def is_busy_too_long(self) -> bool:
        """The printer has been busy for too long."""
        return (self._now_s() - self._begun_s) * 1000 >= self._limits.busy_ms_max

    async def wait(self) -> None:
        """Wait; half as long again the next time."""
        await asyncio.sleep(self._wait_ms / 1000)
        self._wait_ms = min(self._wait_ms * 3 // 2, self._limits.wait_ms_max)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
