"""Where the bar is shown: on a terminal it grows in its place, in a log it says each tenth."""

from __future__ import annotations

import io

from site_server.wait_command import Screen, news_of

STATUS = {
    "position": 0,
    "txids_behind": 9,
    "wanted_bytes": 1_000,
    "fetched_bytes": 0,
    "link_state": "online",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_each_line_takes_the_place_of_the_one_before() -> None:
    terminal = Terminal()
    screen = Screen(terminal)
    for line in ("10 %", "10 %", "11 %"):
        screen.show(line, None)
    screen.end()
    assert terminal.getvalue() == "\r\x1b[K10 %\r\x1b[K11 %\n"
    assert screen.columns > 0


def test_in_a_log_a_line_is_written_for_each_tenth() -> None:
    log = io.StringIO()
    screen = Screen(log)
    for fetched_bytes in range(0, 1_001, 10):
        screen.show(str(fetched_bytes), news_of(STATUS | {"fetched_bytes": fetched_bytes}))
    screen.show("ready", news_of(STATUS | {"position": 3, "txids_behind": 0}))
    screen.end()
    assert log.getvalue().split() == [*(str(each) for each in range(0, 1_001, 100)), "ready"]


def test_a_link_that_changes_while_nothing_is_known_is_news() -> None:
    waiting = STATUS | {"wanted_bytes": 0}
    assert news_of(waiting) != news_of(waiting | {"link_state": "offline"})
