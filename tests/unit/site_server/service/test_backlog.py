"""What is left of what there was two beats ago."""

from __future__ import annotations

from dataclasses import dataclass

from site_server.service.backlog import Backlog


@dataclass(slots=True)
class Stream:
    wanted: int = 0
    done: int = 0


def test_a_new_link_has_to_do_all_there_is() -> None:
    up, down = Stream(wanted=10, done=4), Stream(wanted=5, done=5)
    backlog = Backlog((up, down))
    backlog.begin()
    backlog.mark()
    assert backlog.left() == 6
    up.done = 10
    assert backlog.left() == 0


def test_a_site_that_is_always_busy_and_keeps_up_has_no_backlog() -> None:
    up = Stream()
    backlog = Backlog((up,))
    backlog.begin()
    for beat in range(5):
        up.wanted = 3 * (beat + 1)
        backlog.mark()
        up.done = 3 * beat
        assert backlog.left() == 0


def test_a_site_that_falls_behind_has_one() -> None:
    up = Stream()
    backlog = Backlog((up,))
    backlog.begin()
    for wanted in (10, 20, 30):
        up.wanted = wanted
        backlog.mark()
    assert backlog.left() == 20


def test_what_is_done_beyond_the_mark_is_not_counted_against_another_stream() -> None:
    up, down = Stream(wanted=5, done=9), Stream(wanted=4, done=1)
    backlog = Backlog((up, down))
    backlog.begin()
    assert backlog.left() == 3
