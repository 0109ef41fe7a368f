"""When a change was committed, and when it was seen at the other end: the clockwork of bench.lag.

Both moments are seen by readers that ask again and again while something is under way, in a thread,
so neither the event loop nor its clock of whole milliseconds is in the figure. What the asking
costs, about 0.2 ms, is the same at both ends of every side. (Python lets a thread wait for another
up to 5 ms; here 0.1 ms, or a commit would often be seen late, which would flatter.)
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench.figure import percentile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

EVERY_S: Final = 0.05
UNEVEN: Final = 0.618_034
"""Changes come 20 times a second, but never in step with anybody's polling."""
LOOK_EVERY_S: Final = 0.000_2
SWITCH_S: Final = 0.000_1
SETTLE_S: Final = 5.0
WARM_UP: Final = 5
MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way from a database to its copy. `near` and `far` read the newest number there."""

    name: str
    change: Callable[[int], Awaitable[object]]
    near: Callable[[], int]
    far: Callable[[], int]


@dataclass(slots=True, kw_only=True)
class Lags:
    """What was measured of one side, in ms, round by round."""

    name: str
    rounds: list[list[float]] = field(default_factory=list)
    """From the commit to the moment when a reader of the copy sees it."""
    whole: list[float] = field(default_factory=list)
    """From the moment when the change was asked for."""
    missed: int = 0
    number: int = 0
    """The last change."""

    @property
    def all(self) -> Sequence[float]:
        """Of all rounds."""
        return [lag for each in self.rounds for lag in each]

    def p(self, percent: float) -> float:
        """The percentile of all."""
        return percentile(self.all, percent)

    def line(self) -> str:
        """What a person reads."""
        middles = [percentile(each, 50) for each in self.rounds]
        return (
            f"{self.name}: p50 {self.p(50):.1f} ms (rounds {min(middles):.1f} to "
            f"{max(middles):.1f}), p99 {self.p(99):.1f} ms; from the call: "
            f"p50 {percentile(self.whole, 50):.1f}, p99 {percentile(self.whole, 99):.1f}; "
            f"{len(self.all)} changes, {self.missed} missed"
        )


class _Watch:
    """Sees the changes after `number` at both ends."""

    def __init__(self, side: Side, number: int) -> None:
        self._side = side
        self._number = number
        self._going = threading.Event()
        self._ended = False
        self.asked_s: list[float] = []
        self.near_s: list[float] = []
        self.far_s: list[float] = []

    def asked(self) -> None:
        """A change begins now."""
        self.asked_s.append(time.perf_counter())
        self._going.set()

    def end(self) -> None:
        """No more changes come."""
        self._ended = True
        self._going.set()

    def run(self) -> None:
        """Look while anything is under way; give up a while after the end."""
        last_s: float | None = None
        pause = threading.Event()  # never set
        while not (self._ended and len(self.far_s) == len(self.asked_s)):
            if len(self.far_s) == len(self.asked_s):
                self._going.clear()
                self._going.wait(EVERY_S)
                continue
            if len(self.near_s) < len(self.asked_s):
                self._note(self.near_s, self._side.near())
            self._note(self.far_s, self._side.far())
            if self._ended:
                last_s = last_s or time.perf_counter()
                if time.perf_counter() - last_s > SETTLE_S:
                    return
            pause.wait(LOOK_EVERY_S)

    def _note(self, seen_s: list[float], number: int) -> None:
        now = time.perf_counter()
        seen_s += [now] * (number - self._number - len(seen_s))


async def measure(side: Side, lags: Lags, changes: int) -> None:
    """One round: so many changes of this side, 20 a second."""
    sys.setswitchinterval(SWITCH_S)
    watch = _Watch(side, lags.number)
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(watch.run))
        due_s = time.perf_counter()
        for step in range(WARM_UP + changes):
            lags.number += 1
            watch.asked()
            await side.change(lags.number)
            due_s += EVERY_S * (0.5 + (step * UNEVEN) % 1)
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        watch.end()
    counted = slice(WARM_UP, None)
    far_s = watch.far_s[counted]
    near_s, asked_s = watch.near_s[counted], watch.asked_s[counted]
    lags.missed += changes - len(far_s)
    lags.rounds.append(
        [(far - near) * MS for near, far in zip(near_s, far_s, strict=False)] or [SETTLE_S * MS]
    )
    lags.whole += [(far - asked) * MS for asked, far in zip(asked_s, far_s, strict=False)]
