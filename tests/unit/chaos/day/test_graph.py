from __future__ import annotations

from xml.etree import ElementTree as ET

from chaos.day.gauges import Gauges, Look
from chaos.day.graph import Call, draw
from chaos.day.timetable import OUTAGES, DayPlan

PLAN = DayPlan(sites=2, seconds=100)
CALLS = [
    Call(hour=9.0, ms=4.0, is_cut=True),
    Call(hour=9.1, ms=0.2, is_cut=True),
    Call(hour=12.0, ms=60_000.0, is_cut=False),
]
LOOKS = {"branch01": [Look(second=10, backlog=0, age_s=1), Look(second=20, backlog=7, age_s=12)]}
NAMES = {"s": "http://www.w3.org/2000/svg"}


def picture(calls: list[Call]) -> ET.Element:
    return ET.fromstring(draw(PLAN, calls, LOOKS, OUTAGES))  # noqa: S314 - our own text


def test_every_call_is_a_dot_within_the_picture_however_fast_or_slow() -> None:
    drawn = picture(CALLS)
    dots = [dot for dot in drawn.findall(".//s:circle", NAMES) if dot.attrib["r"] == "1.8"]

    assert len(dots) == len(CALLS)
    for dot in dots:
        assert 0 < float(dot.attrib["cx"]) < float(drawn.attrib["width"])
        assert 0 < float(dot.attrib["cy"]) < float(drawn.attrib["height"])


def test_the_outages_are_shaded_in_all_three_bands_and_named() -> None:
    drawn = picture(CALLS)
    notes = [title.text for title in drawn.findall(".//s:rect/s:title", NAMES)]

    assert notes.count("headquarters: 15:15 to 16:30") == 3
    assert "cut off: half of the sites" in {t.text for t in drawn.findall(".//s:text", NAMES)}


def test_a_day_without_a_call_is_a_picture_too() -> None:
    assert picture([]).tag.endswith("svg")


def test_the_gauges_know_their_worst() -> None:
    gauges = Gauges()
    assert (gauges.highest_backlog, gauges.oldest_s) == (0, 0.0)

    gauges.looks["branch01"] += LOOKS["branch01"]
    assert (gauges.highest_backlog, gauges.oldest_s) == (7, 12)
