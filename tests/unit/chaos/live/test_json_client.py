"""An outage is an answer, and an answer is judged by what the client can know."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from chaos.errors import UnexpectedAnswerError
from chaos.history import Outcome
from chaos.live.json_client import Answer, JsonClient
from chaos.live.processes import free_port
from replication.ports import MonotonicMs, WallMs


def answer(status: int, body: object = None, failure: str = "") -> Answer:
    return Answer(
        status=status,
        body=body,
        wall_ms=WallMs(0),
        monotonic_ms=MonotonicMs(0),
        latency_us=1,
        failure=failure,
    )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (202, Outcome.OK),
        (403, Outcome.REFUSED),
        (409, Outcome.REFUSED),
        (500, Outcome.UNKNOWN),
        (503, Outcome.UNKNOWN),
        (0, Outcome.UNKNOWN),
    ],
)
def test_only_a_yes_or_a_refusal_is_certain(status: int, outcome: Outcome) -> None:
    assert answer(status).outcome is outcome


def test_a_refusal_brings_its_reason_and_its_sentence() -> None:
    refused = answer(402, {"reason": "not_enough_credit", "detail": "You need 0.20 more."})
    assert (refused.reason, refused.sentence) == ("not_enough_credit", "You need 0.20 more.")


def test_a_full_disk_is_a_refusal_and_nothing_happened() -> None:
    assert answer(507, {"reason": "disk_full"}).outcome is Outcome.REFUSED


def test_a_good_answer_has_no_reason() -> None:
    assert answer(200, {"reason": "x"}).reason == ""


def test_expecting_a_yes_returns_the_body_or_says_what_was_refused() -> None:
    assert answer(200, {"a": 1}).expect("read it") == {"a": 1}
    with pytest.raises(UnexpectedAnswerError, match="read it: HTTP 404"):
        answer(404).expect("read it")


async def test_a_server_that_is_away_is_an_answer_without_status() -> None:
    url = f"https://localhost:{free_port()}"
    async with JsonClient(url, Path(certifi.where()), "token") as client:
        found = await client.call("GET", "/health")
    assert (found.status, found.outcome) == (0, Outcome.UNKNOWN)
    assert "Cannot connect" in found.reason
