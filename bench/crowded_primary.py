"""A primary and its crowd of light sites while they run, and what they use."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.proc_figures import Used, used_by
from bench.wire_bytes import counters
from chaos.errors import NotReadyError
from chaos.live.crowd.image import MARK, MARK_DIGITS
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.wire_bytes import Traffic
    from chaos.live.crowd.process import CrowdProcess
    from chaos.live.lab import Lab

WINDOW_S: Final = 5.0
PATIENCE_MS: Final = 240_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was used in some seconds, and what crossed the wire."""

    seconds: float
    cpu_s: float
    wire_bytes: int
    resident_bytes: int

    def __add__(self, other: Window) -> Window:
        return Window(
            seconds=self.seconds + other.seconds,
            cpu_s=self.cpu_s + other.cpu_s,
            wire_bytes=self.wire_bytes + other.wire_bytes,
            resident_bytes=max(self.resident_bytes, other.resident_bytes),
        )


class CrowdedPrimary:
    """The primary and its crowd, while they run."""

    def __init__(self, lab: Lab, crowd: CrowdProcess) -> None:
        self.lab = lab
        self.crowd = crowd
        self._number = 0
        self._fresh_marks: dict[str, float] = {}

    @property
    def pids(self) -> Sequence[int]:
        """The primary and what it started."""
        server = self.lab.primary.server
        litestream = server.part("litestream")
        return (server.child.pid, *((litestream,) if litestream else ()))

    async def until_all_there(self, sites: int) -> None:
        """Return once they are connected and have what headquarters has."""

        async def there() -> bool:
            head = await self.lab.primary.api.txid()
            standing = await self.crowd.ask("standing")
            return bool(standing["up"] == sites and (not sites or standing["slowest"] >= head))

        try:
            await until(there, f"{sites} sites at the head", within_ms=PATIENCE_MS, every_ms=100)
        except NotReadyError as error:
            standing = await self.crowd.ask("standing")
            raise NotReadyError(f"{error} They say: {standing}") from error

    async def update(self) -> None:
        """Change one row, with a mark of its own."""
        self._number += 1
        mark = f"{self._number:0{MARK_DIGITS}}"
        self._fresh_marks[mark] = time.perf_counter()
        name = {"full_name": f"{MARK.decode()}{mark}"}
        (await self.lab.primary.api.patch("/users/ada", name)).expect("change a user")

    async def window(self, updates: int) -> Window:
        """What is used while so many updates are made, in `WINDOW_S`."""
        port = self.lab.primary.server.ports["link"]
        pids = self.pids
        before, wire = used_by(pids), await counters(port)
        began_s = time.perf_counter()
        for number in range(1, updates + 1):
            await self.update()
            due_s = began_s + number * WINDOW_S / updates
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        await asyncio.sleep(max(0.0, began_s + WINDOW_S - time.perf_counter()))
        seconds = time.perf_counter() - began_s
        return _between(before, used_by(pids), wire_of(wire, await counters(port)), seconds)

    async def lags_ms(self) -> Sequence[float]:
        """How long each site waited for each update since the last call."""
        reached = await self.crowd.ask("reached")
        lags = [
            (at_s - self._fresh_marks[mark]) * 1000
            for mark, times in reached.items()
            for at_s in times
            if mark in self._fresh_marks
        ]
        self._fresh_marks.clear()
        return lags


def _between(before: Used, after: Used, wire_bytes: int, seconds: float) -> Window:
    return Window(
        seconds=seconds,
        cpu_s=after.cpu_s - before.cpu_s,
        wire_bytes=wire_bytes,
        resident_bytes=after.resident_bytes,
    )


def wire_of(before: Mapping[str, Traffic], after: Mapping[str, Traffic]) -> int:
    """What crossed the wire on the connections that were there all the time."""
    return sum(after[name].on_wire - one.on_wire for name, one in before.items() if name in after)
