"""How a figure grows: one diagram, drawn as SVG."""

from __future__ import annotations

import math
from typing import Final

from pydantic import BaseModel, ConfigDict

from chaos.drawing import COLOURS, FAINT, GRID, Canvas, Scale, short

WIDTH: Final = 720
HEIGHT: Final = 400
LEFT: Final = 74
RIGHT: Final = 30
BOTTOM: Final = 56
TOP: Final = 58
LEGEND_LINE: Final = 18
LOG_FROM: Final = 30.0
"""An axis whose values lie further apart is logarithmic."""
HEADROOM: Final = 1.12
LABELLED_POINTS_MAX: Final = 8
CLOSE: Final = 14
"""Pixels between two dots whose numbers would cover each other."""

Point = tuple[float, float]


class Line(BaseModel):
    """One line of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    points: tuple[tuple[float, float], ...]


class Plot(BaseModel):
    """What grows with what. The file of it is named after `name`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    x: str
    y: str
    lines: tuple[Line, ...]


def svg(plot: Plot) -> str:
    """The diagram."""
    canvas = Canvas(width=WIDTH, height=HEIGHT, title=plot.title)
    canvas.text(LEFT, 26, plot.title, size=15, is_bold=True)
    top = TOP + LEGEND_LINE * (len(plot.lines) - 1) + 8
    x_scale, y_scale = _scales(plot, top)
    _axes(canvas, plot, x_scale, y_scale)
    labelled: list[Point] = []
    for number, line in enumerate(plot.lines):
        colour = COLOURS[number % len(COLOURS)]
        where = [(x_scale.at(x), y_scale.at(y)) for x, y in line.points]
        canvas.path(where, colour)
        canvas.dots(where, colour)
        if len(where) <= LABELLED_POINTS_MAX:
            _values(canvas, line, where, labelled)
            labelled += where
        y = TOP - 10 + LEGEND_LINE * number
        canvas.line((LEFT, y - 4), (LEFT + 22, y - 4), colour, width=3)
        canvas.text(LEFT + 30, y, line.label)
    return canvas.svg()


def _scales(plot: Plot, top: float) -> tuple[Scale, Scale]:
    xs = [x for line in plot.lines for x, _ in line.points]
    ys = [y for line in plot.lines for _, y in line.points]
    x_log, y_log = _is_wide(xs), _is_wide(ys)
    low, high = (min(ys), max(ys)) if y_log else (min(0.0, *ys), max(*ys, 1e-9) * HEADROOM)
    if y_log:
        low, high = 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))
    along = Scale(low=min(xs), high=max(xs), begin=LEFT + 14, end=WIDTH - RIGHT, is_log=x_log)
    up = Scale(low=low, high=high, begin=HEIGHT - BOTTOM, end=top, is_log=y_log)
    return along, up


def _is_wide(values: list[float]) -> bool:
    return min(values) > 0 and max(values) / min(values) > LOG_FROM


def _axes(canvas: Canvas, plot: Plot, x_scale: Scale, y_scale: Scale) -> None:
    floor = y_scale.begin
    for tick in y_scale.ticks():
        y = y_scale.at(tick)
        canvas.line((LEFT, y), (WIDTH - RIGHT, y), GRID)
        canvas.text(LEFT - 8, y + 4, short(tick), colour=FAINT, anchor="end")
    shown = sorted({x for line in plot.lines for x, _ in line.points})
    for tick in shown if len(shown) <= LABELLED_POINTS_MAX else x_scale.ticks():
        x = x_scale.at(tick)
        canvas.line((x, floor), (x, floor + 5), FAINT)
        canvas.text(x, floor + 19, short(tick), colour=FAINT, anchor="middle")
    canvas.line((LEFT, floor), (WIDTH - RIGHT, floor), FAINT)
    canvas.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, plot.x, colour=FAINT, anchor="middle")
    middle = (floor + y_scale.end) / 2
    canvas.text(20, middle, plot.y, colour=FAINT, anchor="middle", turn=-90)


def _values(canvas: Canvas, line: Line, where: list[Point], labelled: list[Point]) -> None:
    """A number at each dot, but where another line has one already."""
    last = len(where) - 1
    for number, ((x, y), (_, value)) in enumerate(zip(where, line.points, strict=True)):
        if any(abs(x - other) < CLOSE and abs(y - beside) < CLOSE for other, beside in labelled):
            continue
        anchor = "end" if number == last else "start" if number == 0 else "middle"
        canvas.text(x, y - 8, short(value), size=11, anchor=anchor)
