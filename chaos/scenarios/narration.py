"""Tells a scenario on the terminal: numbered steps with the time each took, plain aligned ASCII.

A wait of more than two seconds shows a progress line every two seconds, so that nobody wonders.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROGRESS_EVERY_S: Final = 2.0
LABEL_WIDTH: Final = 34
COLUMN_GAP: Final = "  "


class Narrator:
    """Prints what happens; `write` takes one line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._began_s = time.perf_counter()
        self._step = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the story began."""
        return time.perf_counter() - self._began_s

    def line(self, text: str = "") -> None:
        """A line of plain text."""
        self._write(text.rstrip())

    def say(self, label: str, value: object) -> None:
        """One aligned fact."""
        self.line(f"      {label:<{LABEL_WIDTH}} {value}")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A numbered step; its time is told at its end."""
        self._step += 1
        began_s = time.perf_counter()
        self.line()
        self.line(f"  {self._step}. {title}")
        yield
        self.say("time taken", f"{time.perf_counter() - began_s:.1f} s")

    @contextmanager
    def waiting(self, label: str) -> Iterator[None]:
        """Something that may take a while; its time stands beside it."""
        began_s = time.perf_counter()
        ticker = _Ticker(
            lambda: self.line(f"      ... {label}: {time.perf_counter() - began_s:.0f} s")
        )
        try:
            yield
        finally:
            ticker.stop()
        self.say(label, f"{time.perf_counter() - began_s:.1f} s")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Aligned columns: the first to the left, the others to the right."""
        texts = [[str(cell) for cell in row] for row in (head, *rows)]
        widths = [max(len(row[place]) for row in texts) for place in range(len(head))]
        for number, row in enumerate(texts):
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            self.line("      " + COLUMN_GAP.join(cells))
            if number == 0:
                self.line("      " + COLUMN_GAP.join("-" * width for width in widths))


class _Ticker:
    """Calls `tick` every two seconds of the running event loop, until stopped."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._handle = self._next()

    def stop(self) -> None:
        self._handle.cancel()

    def _next(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(PROGRESS_EVERY_S, self._ticked)

    def _ticked(self) -> None:
        self._tick()
        self._handle = self._next()


def money(amount_micros: int) -> str:
    """An amount for people: hundredths, and more digits only where they say something."""
    sign = "-" if amount_micros < 0 else ""
    whole, rest = divmod(abs(amount_micros), 1_000_000)
    return f"{sign}{whole}.{f'{rest:06d}'.rstrip('0').ljust(2, '0')}"


def milliseconds(latency_us: float) -> str:
    """A latency for people."""
    return f"{latency_us / 1000:.1f} ms"
