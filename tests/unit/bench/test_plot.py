from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from bench.plot import Line, Plot, svg

GROWTH = Plot(
    name="held_jobs",
    title="A visit <while> many jobs are held",
    x="held jobs",
    y="ms",
    lines=(
        Line(label="our site", points=((100, 12.5), (1_000, 12.9), (100_000, 14.0))),
        Line(label="cupsd", points=((100, 1.2), (3_000, 9.0))),
    ),
)
NAMES = {"s": "http://www.w3.org/2000/svg"}


def drawn(plot: Plot) -> ET.Element:
    return ET.fromstring(svg(plot))  # noqa: S314 - our own text


def test_every_point_of_every_line_is_a_dot_within_the_picture() -> None:
    picture = drawn(GROWTH)
    dots = picture.findall(".//s:circle", NAMES)

    assert len(dots) == 5
    for dot in dots:
        assert 0 < float(dot.attrib["cx"]) < float(picture.attrib["width"])
        assert 0 < float(dot.attrib["cy"]) < float(picture.attrib["height"])


def test_lines_are_named_and_axes_are_labelled() -> None:
    words = {text.text for text in drawn(GROWTH).findall(".//s:text", NAMES)}

    assert {
        "our site",
        "cupsd",
        "held jobs",
        "ms",
        "100k",
        "A visit <while> many jobs are held",
    } <= words


def test_the_same_runs_draw_the_same_bytes() -> None:
    assert svg(GROWTH) == svg(GROWTH.model_copy())


@pytest.mark.parametrize("points", [((1, 5.0),), ((1, 0.0), (2, 0.0)), ((1, 3.0), (9, 3.0))])
def test_a_line_that_does_not_grow_is_drawn_too(points: tuple[tuple[float, float], ...]) -> None:
    flat = GROWTH.model_copy(update={"lines": (Line(label="flat", points=points),)})

    assert len(drawn(flat).findall(".//s:circle", NAMES)) == len(points)
