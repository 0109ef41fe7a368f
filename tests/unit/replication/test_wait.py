"""Asking to wait, and what the other end makes of it."""

from __future__ import annotations

from random import Random

import pytest

from replication.wait import AskedToWaitError, Wait, wait_of

BUSY = Wait(seconds=7, reason="many sites are coming in at the same time")


def test_what_one_end_asks_the_other_understands() -> None:
    assert wait_of(503, BUSY.headers()) == BUSY


@pytest.mark.parametrize("status", [200, 101, 403, 404, 500])
def test_another_answer_asks_for_no_patience(status: int) -> None:
    assert wait_of(status, BUSY.headers()) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0", 0), ("999999", 600), ("-1", 5), ("soon", 5), ("", 5), ("٣", 5), ("9" * 500, 5)],
)
def test_a_strange_time_is_no_harm(said: str, seconds: int) -> None:
    wait = wait_of(503, {"Retry-After": said})

    assert wait is not None
    assert wait.seconds == seconds


def test_a_503_without_headers_asks_for_some_seconds() -> None:
    assert wait_of(503, None) == Wait(seconds=5, reason="it does not say why")


def test_a_site_waits_as_long_as_asked_and_chance_spreads_the_rest() -> None:
    pauses = [BUSY.pause_ms(Random(seed)) for seed in range(200)]

    assert min(pauses) >= 7_000
    assert max(pauses) <= 10_500
    assert max(pauses) - min(pauses) > 3_000


def test_the_error_says_how_long_and_why() -> None:
    assert str(AskedToWaitError(BUSY)) == (
        "Headquarters asked to wait 7 s: many sites are coming in at the same time. "
        "It is tried again by itself."
    )
