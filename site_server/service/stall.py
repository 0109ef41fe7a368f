"""The alarm for a replica that has stopped moving although headquarters can be reached.

Theory of operation
-------------------
A cut WAN is an outage, and the link's state says so. A silent stall is worse: beats come back, the
link is green, and the directory here grows old; nobody would look. Two signs tell it, and either is
enough. The replica is behind what headquarters told of and neither its position nor what is fetched
for it has moved for a while. Or no newer heartbeat row has been applied for as long, though one is
written every 5 s (headquarters itself has stalled, or says nothing). Both times run on this site's
steady clock, and begin anew with each connection, so that coming back is no alarm.

The alarm is logged once when it begins and once when it ends. It ends by itself.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

if TYPE_CHECKING:
    from replication.ports import Clock

log: Final = logging.getLogger(__name__)

LOOK_MS: Final = 1_000
UNMOVED_MS: Final = 12_000
"""Behind, and nothing moves. With `LOOK_MS` the alarm stands within 15 s."""
SILENT_MS: Final = 14_000
"""Without a newer heartbeat row: two are missing, and the third is due."""
LOST_BEATS_MAX: Final = 1
"""With more the link itself is in doubt, and that is not what is judged here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the replica is."""

    is_up: bool
    """Whether a connection stands."""
    lost_beats: int
    is_behind: bool
    moved: tuple[int, ...]
    """Position, bytes that came, and bytes that are being written: any change is movement."""
    replica_age_ms: int
    """Since the newest heartbeat row was first seen."""


class Progressing(Protocol):
    """Whoever knows it."""

    def progress(self) -> Progress:
        """How far the replica is now."""
        ...


class StallAlarm:
    """Looks every second while `run` runs."""

    def __init__(self, progressing: Progressing, clock: Clock) -> None:
        self._progressing = progressing
        self._clock = clock
        self._moved: tuple[int, ...] | None = None
        self._up_ms = self._moved_ms = clock.monotonic_ms()
        self._alarm = ""

    @property
    def alarm(self) -> str:
        """What is wrong; '' where nothing is."""
        return self._alarm

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_MS / 1000)

    def look(self) -> None:
        """Judge how the replica moves at this moment."""
        now_ms, seen = self._clock.monotonic_ms(), self._progressing.progress()
        if not seen.is_up or seen.lost_beats > LOST_BEATS_MAX:
            self._up_ms = now_ms
        if not seen.is_behind or seen.moved != self._moved or self._up_ms == now_ms:
            self._moved, self._moved_ms = seen.moved, now_ms
        unmoved_ms = now_ms - self._moved_ms
        silent_ms = min(seen.replica_age_ms, now_ms - self._up_ms)
        if unmoved_ms >= UNMOVED_MS:
            self._tell("stalled: the replica is behind headquarters and does not move")
        elif silent_ms >= SILENT_MS:
            self._tell("silent: headquarters answers, and no newer heartbeat of it arrives")
        else:
            self._tell("")

    def _tell(self, alarm: str) -> None:
        if alarm and alarm != self._alarm:
            log.error("replica %s", alarm)
        if self._alarm and not alarm:
            log.info("the replica moves again")
        self._alarm = alarm
