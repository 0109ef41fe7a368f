"""The timeline of a site as a picture."""

from __future__ import annotations

import re
from dataclasses import replace

from chaos.history import Outcome
from chaos.live_scenarios.report.chart import LEFT, RIGHT, chart
from chaos.live_scenarios.testing import decided, result
from chaos.live_scenarios.timeline import SILENT, Mark, MarkKind, Sample


def test_the_link_is_a_band_for_each_state_it_was_in() -> None:
    states = re.findall(r'class="link (\w+)"', chart(result(), "oslo"))
    assert states == ["online", "offline", "online"]


def test_a_fault_is_drawn_from_its_beginning_to_its_end() -> None:
    found = re.search(
        r'class="fault" x="([\d.]+)" y="\d+" width="([\d.]+)"', chart(result(), "oslo")
    )
    assert found is not None
    x, width = map(float, found.groups())
    full = RIGHT - LEFT
    assert round((x - LEFT) / full, 2) == 0.2
    assert round(width / full, 2) == 0.3


def test_faults_at_the_same_time_stand_below_each_other() -> None:
    marks = (
        Mark(at_ms=1_000, kind=MarkKind.BEGAN, text="a", site="oslo"),
        Mark(at_ms=2_000, kind=MarkKind.BEGAN, text="b", site="oslo"),
        Mark(at_ms=3_000, kind=MarkKind.ENDED, text="a", site="oslo"),
        Mark(at_ms=4_000, kind=MarkKind.BEGAN, text="c", site="primary"),
    )
    picture = chart(replace(result(), marks=marks), "oslo")
    rows = re.findall(r'class="fault" x="[\d.]+" y="(\d+)"', picture)
    assert rows[0] == rows[2] != rows[1]
    assert "headquarters: c" in picture


def test_every_decision_of_the_site_is_a_dot_coloured_by_its_answer() -> None:
    events = (
        decided(1_000),
        decided(2_000, outcome=Outcome.REFUSED),
        decided(3_000, outcome=Outcome.UNKNOWN),
        decided(3_000, node="lima"),
    )
    dots = re.findall(r'class="dot (\w+)"', chart(result(events=events), "oslo"))
    assert dots == ["ok", "refused", "unknown"]


def test_a_slower_decision_is_a_higher_dot_and_none_leaves_its_lane() -> None:
    events = (decided(1_000, 10), decided(1_000, 50_000), decided(1_000, 60_000_000))
    picture = chart(result(events=events), "oslo")
    heights = [float(y) for y in re.findall(r'class="dot ok" cx="[\d.]+" cy="([\d.]+)"', picture)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] - heights[-1] <= 84


def test_the_peak_of_the_backlog_stands_beside_its_curve() -> None:
    assert "12 entries" in chart(result(), "oslo")


def test_a_site_that_never_answered_has_a_band_of_silence_and_no_curves() -> None:
    silent = tuple(Sample(at_ms=at_ms, site="oslo", link=SILENT) for at_ms in range(0, 9_000, 250))
    picture = chart(replace(result(), samples=silent), "oslo")
    assert 'class="link silent"' in picture
    assert "polyline" not in picture


def test_a_long_name_at_the_end_of_time_stays_inside_the_picture() -> None:
    marks = (Mark(at_ms=9_900, kind=MarkKind.BEGAN, text="a fault with a long name", site="oslo"),)
    picture = chart(replace(result(), marks=marks), "oslo")
    assert 'text-anchor="end">a fault with a long name' in picture
