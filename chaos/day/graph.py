"""The picture that shows that nobody waited: three bands over one day, the outages shaded.

Above, every call of every panel, in milliseconds on a logarithmic scale, with the median of each
quarter of an hour. Below, how many journal entries each site has that headquarters lacks, and how
old each site's copy of the directory is: these two do move when a line is cut, the first does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from chaos.day.timetable import CLOSES, OPENS, Reach, clock
from chaos.drawing import COLOURS, FAINT, GRID, INK, Canvas, Scale, nice_step, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.day.gauges import Look
    from chaos.day.timetable import DayPlan, Outage

WIDTH: Final = 1100
LEFT: Final = 78
RIGHT: Final = 24
LATENCY: Final = (84, 400)
BACKLOG: Final = (462, 600)
AGE: Final = (662, 800)
HEIGHT: Final = 850
SHADES: Final = {
    Reach.ONE_SITE: "#fdf0d9",
    Reach.HALF: "#fbe0d6",
    Reach.HEADQUARTERS: "#e6e0f2",
}
FAST_MS: Final = 1.0
SLOW_MS: Final = 10_000.0
QUARTER: Final = 0.25
UP, CUT = COLOURS[0], COLOURS[1]
MEDIAN: Final = "#10243a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a panel. `is_cut`: its site had no line then."""

    hour: float
    ms: float
    is_cut: bool
    is_answered: bool = True


def draw(
    plan: DayPlan,
    calls: Sequence[Call],
    looks: Mapping[str, Sequence[Look]],
    outages: Sequence[Outage],
) -> str:
    """The whole picture."""
    canvas = Canvas(width=WIDTH, height=HEIGHT, title="A day at a company")
    along = Scale(low=OPENS, high=CLOSES, begin=LEFT, end=WIDTH - RIGHT)
    canvas.text(LEFT, 28, f"{len(calls):,} calls of panels on one day", size=16, is_bold=True)
    for band in (LATENCY, BACKLOG, AGE):
        _shade(canvas, along, band, outages)
    _outage_names(canvas, along, outages)
    _latency(canvas, along, calls)
    _lines(
        canvas,
        along,
        BACKLOG,
        "Journal entries that headquarters lacks, per site",
        {
            name: [(plan.hour(look.second), float(look.backlog)) for look in each]
            for name, each in looks.items()
        },
    )
    _lines(
        canvas,
        along,
        AGE,
        "Age of each site's copy of the directory, s",
        {
            name: [(plan.hour(look.second), look.age_s) for look in each]
            for name, each in looks.items()
        },
    )
    for hour in range(round(OPENS), round(CLOSES) + 1):
        x = along.at(hour)
        canvas.line((x, AGE[1]), (x, AGE[1] + 5), FAINT)
        canvas.text(x, AGE[1] + 20, clock(hour), colour=FAINT, anchor="middle")
    return canvas.svg()


def _shade(canvas: Canvas, along: Scale, band: tuple[int, int], outages: Sequence[Outage]) -> None:
    for outage in outages:
        begin, end = along.at(outage.begin), along.at(outage.end)
        note = f"{outage.reach}: {clock(outage.begin)} to {clock(outage.end)}"
        size = (end - begin, band[1] - band[0])
        canvas.box((begin, band[0]), size, SHADES[outage.reach], note=note)


def _outage_names(canvas: Canvas, along: Scale, outages: Sequence[Outage]) -> None:
    for outage in outages:
        middle = (along.at(outage.begin) + along.at(outage.end)) / 2
        canvas.text(middle, LATENCY[0] - 8, f"cut off: {outage.reach}", anchor="middle")


def _latency(canvas: Canvas, along: Scale, calls: Sequence[Call]) -> None:
    up = Scale(low=FAST_MS, high=SLOW_MS, begin=LATENCY[1], end=LATENCY[0], is_log=True)
    _band(canvas, LATENCY, "How long each call of a panel took, ms")
    for tick in up.ticks():
        canvas.line((LEFT, up.at(tick)), (WIDTH - RIGHT, up.at(tick)), GRID)
        canvas.text(LEFT - 8, up.at(tick) + 4, short(tick), colour=FAINT, anchor="end")
    for is_cut, colour in ((False, UP), (True, CUT)):
        dots = (
            (along.at(call.hour), up.at(min(SLOW_MS, max(FAST_MS, call.ms))))
            for call in calls
            if call.is_cut is is_cut
        )
        canvas.dots(dots, colour, radius=1.8, opacity=0.45)
    for is_cut, colour in ((False, MEDIAN), (True, "#8a2a10")):
        chosen = [call for call in calls if call.is_cut is is_cut]
        for piece in _medians(chosen):
            canvas.path([(along.at(hour), up.at(ms)) for hour, ms in piece], colour, width=2.5)
    _legend(canvas)


def _legend(canvas: Canvas) -> None:
    words = (
        (UP, "site with a line"),
        (CUT, "site cut off"),
        (MEDIAN, "median of a quarter of an hour"),
    )
    x = LEFT + 330.0
    for colour, said in words:
        canvas.dots([(x, 23)], colour, radius=5)
        canvas.text(x + 10, 28, said, colour=INK)
        x += 40 + 7 * len(said)


def _medians(calls: Sequence[Call]) -> Iterator[list[tuple[float, float]]]:
    """By quarter of an hour; a new piece where nobody called in between."""
    quarters: defaultdict[int, list[float]] = defaultdict(list)
    for call in calls:
        quarters[int(call.hour / QUARTER)].append(max(FAST_MS, call.ms))
    piece: list[tuple[float, float]] = []
    former = -2
    for quarter in sorted(quarters):
        if quarter != former + 1 and piece:
            yield piece
            piece = []
        piece.append(((quarter + 0.5) * QUARTER, median(quarters[quarter])))
        former = quarter
    if piece:
        yield piece


def _lines(
    canvas: Canvas,
    along: Scale,
    band: tuple[int, int],
    title: str,
    lines: Mapping[str, Sequence[tuple[float, float]]],
) -> None:
    highest = max((value for each in lines.values() for _, value in each), default=1.0)
    step = nice_step(max(highest, 1.0) / 3)
    up = Scale(low=0, high=max(highest, step) * 1.05, begin=band[1], end=band[0])
    _band(canvas, band, title)
    for tick in up.ticks(3):
        canvas.line((LEFT, up.at(tick)), (WIDTH - RIGHT, up.at(tick)), GRID)
        canvas.text(LEFT - 8, up.at(tick) + 4, short(tick), colour=FAINT, anchor="end")
    for number, each in enumerate(lines.values()):
        inside = [(along.at(hour), up.at(value)) for hour, value in each if OPENS <= hour <= CLOSES]
        canvas.path(inside, COLOURS[number % len(COLOURS)], width=1.2)


def _band(canvas: Canvas, band: tuple[int, int], title: str) -> None:
    canvas.text(LEFT, band[0] - (30 if band is LATENCY else 10), title, is_bold=True, size=13)
    canvas.line((LEFT, band[1]), (WIDTH - RIGHT, band[1]), FAINT)
