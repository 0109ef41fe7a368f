"""What is written down while a story runs."""

from __future__ import annotations

from chaos.live_scenarios.timeline import Mark, MarkKind, Timeline


def test_a_mark_stands_where_it_was_made() -> None:
    timeline = Timeline()
    before_ms = timeline.now_ms
    timeline.mark(MarkKind.BEGAN, "WAN cut", "oslo")
    (mark,) = timeline.marks
    assert mark == Mark(at_ms=mark.at_ms, kind=MarkKind.BEGAN, text="WAN cut", site="oslo")
    assert before_ms <= mark.at_ms <= timeline.now_ms


async def test_a_site_that_was_never_started_is_no_sample() -> None:
    timeline = Timeline()
    await timeline.sample_all({})
    assert timeline.samples == []
