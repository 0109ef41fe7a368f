"""The timeline of one site as an SVG picture: faults, link, journal, replica, decisions; pure.

Lanes are stacked over one axis of time. Colours are classes, so that the page's style decides them,
in light and in dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import log10
from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.report.figures import EVERYWHERE, WORDS, decisions, windows, windows_of
from chaos.live_scenarios.timeline import MarkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chaos.history import Event
    from chaos.live_scenarios.report.figures import Window
    from chaos.live_scenarios.result import Result
    from chaos.live_scenarios.timeline import Sample

LEFT: Final = 118
RIGHT: Final = 990
WIDTH: Final = 1_060
BAND: Final = 16
CURVE: Final = 44
DOTS: Final = 92
GAP: Final = 12
LETTER: Final = 6.2
"""About as wide as a letter of a name is."""
TICKS: Final = 10
FULL_MIN: Final = 4
"""A curve of one or two entries or seconds is not drawn as if it were high."""
LATENCY_MS: Final = (1, 10, 100, 1_000, 10_000)
"""The lines of the lane of decisions, which is logarithmic."""


Span = tuple[float, float]
"""From one place to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From time to place."""

    end_ms: int

    def x(self, at_ms: float) -> float:
        """Where that moment is."""
        share = min(max(at_ms / self.end_ms, 0.0), 1.0)
        return round(LEFT + share * (RIGHT - LEFT), 1)


def chart(result: Result, site: str) -> str:
    """The picture of this site."""
    scale = Scale(end_ms=max(result.took_ms, 1))
    faults = windows_of(site, windows(result.marks, result.took_ms))
    samples = [sample for sample in result.samples if sample.site == site]
    rows = max(_rows(faults), 1)
    parts: list[str] = []
    top = 4
    parts += _label(top + BAND - 4, "fault")
    parts += _faults(faults, scale, top)
    top += rows * (BAND + 2) + GAP
    parts += _label(top + BAND - 4, "link")
    parts += _links(samples, scale, top)
    top += BAND + GAP
    parts += _curve(samples, scale, top, _JOURNAL)
    top += CURVE + GAP
    parts += _curve(samples, scale, top, _REPLICA)
    top += CURVE + GAP
    parts += _decisions(result, decisions(result, site), scale, top)
    top += DOTS + 6
    parts += _axis(scale, top)
    shades = _shades(faults, scale, top)
    notes = _notes(result, site, scale, top)
    title = f"Timeline of {escape(site)} in {escape(result.scenario.name)}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {top + 20}" role="img" aria-label="{title}">'
        + "".join([*shades, *notes, *parts])
        + "</svg>"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    name: str
    value: Callable[[Sample], float | None]
    text: Callable[[float], str]
    css: str


_JOURNAL: Final = _Curve(
    name="journal, unsent",
    value=lambda sample: sample.unsent,
    text=lambda value: f"{value:.0f} entries",
    css="journal",
)
_REPLICA: Final = _Curve(
    name="replica's age",
    value=lambda sample: None if sample.replica_age_ms is None else sample.replica_age_ms / 1000,
    text=lambda value: f"{value:.1f} s",
    css="replica",
)


def _label(y: float, text: str) -> list[str]:
    return [f'<text class="label" x="{LEFT - 10}" y="{y}" text-anchor="end">{escape(text)}</text>']


def _rows(faults: Sequence[Window]) -> int:
    return max((row + 1 for row, _ in _placed(faults)), default=0)


def _placed(faults: Sequence[Window]) -> Iterator[tuple[int, Window]]:
    """Each fault in the first row in which nothing else is then."""
    ends: list[int] = []
    for fault in faults:
        row = next((n for n, end_ms in enumerate(ends) if end_ms <= fault.from_ms), len(ends))
        ends[row : row + 1] = [fault.to_ms]
        yield row, fault


def _faults(faults: Sequence[Window], scale: Scale, top: float) -> Iterator[str]:
    placed = list(_placed(faults))
    for row, fault in placed:
        x, end = scale.x(fault.from_ms), scale.x(fault.to_ms)
        y = top + row * (BAND + 2)
        name = fault.name if fault.site not in EVERYWHERE else f"headquarters: {fault.name}"
        yield (
            f"<g><title>{escape(name)}: {_span(fault.from_ms, fault.to_ms)}</title>"
            f'<rect class="fault" x="{x}" y="{y}" width="{max(end - x, 2):.1f}" height="{BAND}"'
            ' rx="3"/></g>'
        )
        others = [
            (scale.x(other.from_ms), scale.x(other.to_ms))
            for other_row, other in placed
            if other_row == row and other is not fault
        ]
        yield _name(name, (x, end), others, y + BAND - 4.5)


def _name(name: str, band: Span, others: Sequence[Span], y: float) -> str:
    """A name on its band, or beside it where it is free; else only its title tells."""
    x, end = band
    needed = LETTER * len(name) + 8
    if end - x >= needed:
        return f'<text class="on-fault" x="{x + 5}" y="{y}">{escape(name)}</text>'
    if end + needed < WIDTH and not any(end <= begin < end + needed for begin, _ in others):
        return f'<text class="beside" x="{end + 5}" y="{y}">{escape(name)}</text>'
    if x - needed > LEFT and not any(x - needed < over <= x for _, over in others):
        return f'<text class="beside" x="{x - 5}" y="{y}" text-anchor="end">{escape(name)}</text>'
    return ""


def _shades(faults: Sequence[Window], scale: Scale, height: float) -> Iterator[str]:
    for fault in faults:
        x = scale.x(fault.from_ms)
        width = max(scale.x(fault.to_ms) - x, 1)
        yield f'<rect class="shade" x="{x}" y="0" width="{width:.1f}" height="{height}"/>'


def _links(samples: Sequence[Sample], scale: Scale, top: float) -> Iterator[str]:
    for state, from_ms, to_ms in _runs(samples, scale.end_ms):
        x = scale.x(from_ms)
        width = max(scale.x(to_ms) - x, 1)
        yield (
            f"<g><title>{escape(state)}: {_span(from_ms, to_ms)}</title>"
            f'<rect class="link {escape(state)}" x="{x}" y="{top}" width="{width:.1f}"'
            f' height="{BAND}"/></g>'
        )
        if width > 6.4 * len(state) + 6:
            yield (
                f'<text class="on-link" x="{x + 5}" y="{top + BAND - 4.5}">{escape(state)}</text>'
            )


def _runs(samples: Sequence[Sample], end_ms: int) -> Iterator[tuple[str, int, int]]:
    """The link's states, each from its first sample to that of the next."""
    if not samples:
        return
    state, since_ms = samples[0].link, samples[0].at_ms
    for sample in samples[1:]:
        if sample.link != state:
            yield state, since_ms, sample.at_ms
            state, since_ms = sample.link, sample.at_ms
    yield state, since_ms, end_ms


def _curve(samples: Sequence[Sample], scale: Scale, top: float, curve: _Curve) -> Iterator[str]:
    yield from _label(top + CURVE / 2 + 4, curve.name)
    bottom = top + CURVE
    yield f'<line class="ground" x1="{LEFT}" y1="{bottom}" x2="{RIGHT}" y2="{bottom}"/>'
    points = [
        (sample.at_ms, value)
        for sample in samples
        if sample.link != "silent" and (value := curve.value(sample)) is not None
    ]
    if not points:
        return
    highest = max(value for _, value in points)
    full = max(highest, FULL_MIN)
    places = [
        (scale.x(at_ms), round(bottom - (CURVE - 6) * value / full, 1)) for at_ms, value in points
    ]
    line = " ".join(f"{x},{y}" for x, y in places)
    area = f"{places[0][0]},{bottom} {line} {places[-1][0]},{bottom}"
    at = max(points, key=lambda point: point[1])[0]
    yield (
        f'<g class="{curve.css}"><title>{escape(curve.name)}: at most {curve.text(highest)}</title>'
        f'<polygon points="{area}"/><polyline points="{line}"/></g>'
    )
    yield (
        f'<text class="peak" x="{RIGHT + 6}" y="{top + 10}">{curve.text(highest)}</text>'
        f'<circle class="{curve.css} top" cx="{scale.x(at)}"'
        f' cy="{round(bottom - (CURVE - 6) * highest / full, 1)}" r="2.5"/>'
    )


def _decisions(result: Result, events: Sequence[Event], scale: Scale, top: float) -> Iterator[str]:
    yield from _label(top + DOTS / 2, "decisions,")
    yield from _label(top + DOTS / 2 + 13, "how long")
    for each_ms in LATENCY_MS:
        y = _latency_y(each_ms * 1000, top)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}"/>'
        words = f"{each_ms // 1000} s" if each_ms >= 1000 else f"{each_ms} ms"  # noqa: PLR2004
        yield f'<text class="peak" x="{RIGHT + 6}" y="{y + 3.5}">{words}</text>'
    for event in events:
        at_ms = event.monotonic_ms - result.began_ms
        why = f" ({event.reason})" if event.reason else ""
        yield (
            f'<circle class="dot {event.outcome}" cx="{scale.x(at_ms)}"'
            f' cy="{_latency_y(event.latency_us, top)}" r="2.6"><title>'
            f"{_seconds(at_ms)}: {WORDS[event.operation]}: {event.outcome}{escape(why)}, "
            f"{event.latency_us / 1000:.1f} ms</title></circle>"
        )


def _latency_y(latency_us: float, top: float) -> float:
    low, high = log10(LATENCY_MS[0]), log10(LATENCY_MS[-1])
    place = (log10(max(latency_us / 1000, LATENCY_MS[0])) - low) / (high - low)
    return round(top + DOTS - 4 - min(place, 1.0) * (DOTS - 8), 1)


def _notes(result: Result, site: str, scale: Scale, height: float) -> Iterator[str]:
    for mark in result.marks:
        if mark.kind is MarkKind.SAID and mark.site in {"", site}:
            x = scale.x(mark.at_ms)
            yield (
                f'<line class="note" x1="{x}" y1="0" x2="{x}" y2="{height}">'
                f"<title>{escape(mark.text)}</title></line>"
            )


def _axis(scale: Scale, top: float) -> Iterator[str]:
    yield f'<line class="ground" x1="{LEFT}" y1="{top}" x2="{RIGHT}" y2="{top}"/>'
    step_ms = _step_ms(scale.end_ms)
    for at_ms in range(0, scale.end_ms + 1, step_ms):
        x = scale.x(at_ms)
        yield f'<line class="ground" x1="{x}" y1="{top}" x2="{x}" y2="{top + 4}"/>'
        yield (
            f'<text class="tick" x="{x}" y="{top + 16}" text-anchor="middle">'
            f"{at_ms / 1000:g} s</text>"
        )


def _step_ms(end_ms: int) -> int:
    """A round distance that gives at most so many ticks."""
    for step_s in (1, 2, 5, 10, 15, 30, 60, 120, 300):
        if end_ms / (step_s * 1000) <= TICKS:
            return step_s * 1000
    return 600_000


def _seconds(at_ms: float) -> str:
    return f"{at_ms / 1000:.1f} s"


def _span(from_ms: float, to_ms: float) -> str:
    return f"{_seconds(from_ms)} to {_seconds(to_ms)}"
