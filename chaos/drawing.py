"""Diagrams as SVG text, as few pieces as our pages need: no library, the same bytes every time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLOURS: Final = ("#1f6fb2", "#d9542b", "#2b8a57", "#8d5bb0", "#a98600")
"""Told apart by people who see red and green alike, too: they differ in lightness."""
INK: Final = "#24292f"
FAINT: Final = "#6b7480"
GRID: Final = "#e4e8ec"
STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
FONT: Final = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From values to pixels."""

    low: float
    high: float
    begin: float
    """The pixel of `low`."""
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The pixel of this value."""
        low, high, here = self.low, self.high, value
        if self.is_log:
            low, high, here = math.log10(low), math.log10(high), math.log10(max(value, low))
        part = (here - low) / (high - low) if high > low else 0.5
        return self.begin + part * (self.end - self.begin)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values between both ends; on a logarithmic scale powers of ten."""
        if self.is_log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.log10(self.high) + 1e-9
            return [10.0**power for power in range(first, math.floor(last) + 1)]
        step = nice_step((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first + 1
        return [(first + number) * step for number in range(count)]


@dataclass(slots=True)
class Canvas:
    """A picture that grows."""

    width: int
    height: int
    title: str
    parts: list[str] = field(default_factory=list)

    def text(  # noqa: PLR0913 - what SVG needs to know of a text
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 12,
        colour: str = INK,
        anchor: str = "start",
        is_bold: bool = False,
        turn: int = 0,
    ) -> None:
        """Words; `anchor`: start, middle or end."""
        bold = " font-weight='600'" if is_bold else ""
        turned = f" transform='rotate({turn} {x:.1f} {y:.1f})'" if turn else ""
        self.parts.append(
            f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' "
            f"text-anchor='{anchor}'{bold}{turned}>{escape(words)}</text>"
        )

    def line(
        self, begin: tuple[float, float], end: tuple[float, float], colour: str, *, width: float = 1
    ) -> None:
        """A straight line."""
        self.parts.append(
            f"<line x1='{begin[0]:.1f}' y1='{begin[1]:.1f}' x2='{end[0]:.1f}' y2='{end[1]:.1f}' "
            f"stroke='{colour}' stroke-width='{width:g}'/>"
        )

    def path(self, points: Sequence[tuple[float, float]], colour: str, *, width: float = 2) -> None:
        """A line through all points."""
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f"<polyline points='{where}' fill='none' stroke='{colour}' stroke-width='{width:g}' "
            "stroke-linejoin='round' stroke-linecap='round'/>"
        )

    def dots(
        self,
        points: Iterable[tuple[float, float]],
        colour: str,
        *,
        radius: float = 3.5,
        opacity: float = 1,
    ) -> None:
        """A dot at each point."""
        fill = f"fill='{colour}'" + (f" fill-opacity='{opacity:g}'" if opacity < 1 else "")
        self.parts.append(
            f"<g {fill}>"
            + "".join(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:g}'/>" for x, y in points)
            + "</g>"
        )

    def box(
        self, corner: tuple[float, float], size: tuple[float, float], fill: str, *, note: str = ""
    ) -> None:
        """A filled rectangle; the note is seen where the pointer rests."""
        said = f"<title>{escape(note)}</title>" if note else ""
        self.parts.append(
            f"<rect x='{corner[0]:.1f}' y='{corner[1]:.1f}' width='{size[0]:.1f}' "
            f"height='{size[1]:.1f}' fill='{fill}'>{said}</rect>"
        )

    def svg(self) -> str:
        """The whole picture."""
        head = (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} {self.height}' "
            f"width='{self.width}' height='{self.height}' role='img' {FONT}>"
            f"<title>{escape(self.title)}</title>"
            f"<rect width='{self.width}' height='{self.height}' rx='8' fill='#ffffff'/>"
        )
        return "\n".join([head, *self.parts, "</svg>"]) + "\n"


def nice_step(rough: float) -> float:
    """The smallest round number that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))


def short(value: float) -> str:
    """A number for an axis or beside a dot: three digits, thousands as k, millions as M."""
    for size, letter in ((THOUSAND**2, "M"), (THOUSAND, "k")):
        if abs(value) >= size:
            return f"{float(f'{value / size:.3g}'):g}{letter}"
    return f"{float(f'{value:.3g}'):g}"
