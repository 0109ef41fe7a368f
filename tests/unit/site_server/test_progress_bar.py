"""What a person sees of a first copy."""

from __future__ import annotations

from typing import Any

import pytest

from site_server.progress_bar import Pace, line_of

NEW: dict[str, Any] = {
    "position": 0,
    "head_txid": 9,
    "txids_behind": 9,
    "wanted_bytes": 43_000_000,
    "fetched_bytes": 0,
    "link_state": "online",
}


def pace_of(*samples: tuple[float, int]) -> Pace:
    pace = Pace()
    for now_s, fetched_bytes in samples:
        pace.note(fetched_bytes, now_s)
    return pace


def test_before_headquarters_has_answered_nothing_is_promised() -> None:
    line = line_of(NEW | {"wanted_bytes": 0}, Pace(), 79)
    assert line == "waiting for headquarters (the link is online)"


def test_the_bar_says_how_much_how_fast_and_how_long_it_still_takes() -> None:
    half = NEW | {"fetched_bytes": 21_500_000}
    assert line_of(half, Pace(), 79) == f"[{'#' * 20}{'.' * 20}]  50 % of 43.0 MB"
    pace = pace_of((0, 17_500_000), (2, 21_500_000))
    assert line_of(half, pace, 99) == (
        f"[{'#' * 20}{'.' * 20}]  50 % of 43.0 MB, 2.0 MB/s, 11 s left"
    )


@pytest.mark.parametrize(
    ("bytes_per_s", "left"), [(20_000_000, "1 s"), (100_000, "3 min"), (2_000, "2 h 59 min")]
)
def test_what_is_left_is_said_in_the_unit_that_fits(bytes_per_s: int, left: str) -> None:
    pace = pace_of((0, 0), (2, 2 * bytes_per_s))
    line = line_of(NEW | {"fetched_bytes": 21_500_000}, pace, 99)
    assert line.endswith(f"/s, {left} left")


def test_the_speed_is_that_of_the_last_seconds_and_a_line_that_stands_still_says_so() -> None:
    pace = pace_of(*((n, n * 1_000) for n in range(20)), *((20 + n, 100_000) for n in range(7)))
    assert pace.bytes_per_s == 0
    line = line_of(NEW | {"fetched_bytes": 100_000}, pace, 79)
    assert line.endswith("  0 % of 43.0 MB, nothing arrives")


def test_a_site_that_was_started_again_begins_its_speed_anew() -> None:
    assert pace_of((0, 9_000_000), (3, 12_000_000), (4, 0)).bytes_per_s is None


def test_while_it_is_applied_the_bar_is_full_and_says_so() -> None:
    line = line_of(NEW | {"fetched_bytes": 43_000_000}, pace_of((0, 0), (9, 43_000_000)), 79)
    assert line == f"[{'#' * 40}] 100 % of 43.0 MB, applying it"


def test_what_came_meanwhile_is_no_second_bar() -> None:
    here = NEW | {"position": 7, "txids_behind": 2}
    assert line_of(here, Pace(), 79) == "the directory is here, catching up: 2 changes behind"
    assert line_of(here | {"txids_behind": 0}, Pace(), 79) == "ready at TXID 7"


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    pace = pace_of((0, 0), (2, 20_000))
    for fetched_bytes in (0, 21_500_000, 43_000_000):
        line = line_of(NEW | {"fetched_bytes": fetched_bytes}, pace, columns)
        assert len(line) <= columns
        assert f"{100 * fetched_bytes // 43_000_000} %" in line
