"""Packets on their way in one direction: each leaves when its time has come."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from chaos.live.packets.weather import FAIR, Weather, fates

if TYPE_CHECKING:
    from random import Random

    from replication.ports import MonotonicMs


class PacketQueue:
    """What went in and has not come out; packets that are due at once keep their order."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._heap: list[tuple[int, int, bytes]] = []
        self._number = self._latest_ms = 0
        self.weather: Weather = FAIR
        self.seen = self.lost = self.doubled = self.overtook = 0

    def set_weather(self, weather: Weather) -> None:
        """Let it be so from the next packet on, and begin to count anew."""
        self.weather = weather
        self.seen = self.lost = self.doubled = self.overtook = 0

    def put(self, packet: bytes, now_ms: MonotonicMs) -> None:
        """Let the weather decide about a packet."""
        arrivals = fates(self.weather, self._random)
        self.seen += 1
        self.lost += not arrivals
        self.doubled += len(arrivals) > 1
        for after_ms in arrivals:
            self._number += 1
            due_ms = now_ms + after_ms
            self.overtook += due_ms < self._latest_ms
            self._latest_ms = max(self._latest_ms, due_ms)
            heapq.heappush(self._heap, (due_ms, self._number, packet))

    def due(self, now_ms: MonotonicMs) -> list[bytes]:
        """Take out what has arrived by now, in order of arrival."""
        arrived = []
        while self._heap and self._heap[0][0] <= now_ms:
            arrived.append(heapq.heappop(self._heap)[2])
        return arrived

    @property
    def next_ms(self) -> int | None:
        """When the next one arrives."""
        return self._heap[0][0] if self._heap else None
