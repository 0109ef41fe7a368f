"""What a scenario prints is aligned, plain, and never silent for long."""

from __future__ import annotations

import asyncio

import pytest

from chaos.scenarios.narration import LABEL_WIDTH, PROGRESS_EVERY_S, Narrator, milliseconds, money


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def narrator(told: list[str]) -> Narrator:
    return Narrator(told.append)


def test_steps_are_numbered_and_end_with_their_time(narrator: Narrator, told: list[str]) -> None:
    with narrator.step("Both sites copy the directory"):
        narrator.say("oslo", "txid 7")
    with narrator.step("A document is printed"):
        pass
    assert told[1] == "  1. Both sites copy the directory"
    assert told[2] == f"      {'oslo':<{LABEL_WIDTH}} txid 7"
    assert told[3].startswith(f"      {'time taken':<{LABEL_WIDTH}} 0.")
    assert told[5] == "  2. A document is printed"


async def test_a_long_wait_shows_progress(narrator: Narrator, told: list[str]) -> None:
    with narrator.waiting("oslo goes offline"):
        await asyncio.sleep(PROGRESS_EVERY_S + 0.2)
    assert told[0] == "      ... oslo goes offline: 2 s"
    assert told[-1].startswith(f"      {'oslo goes offline':<{LABEL_WIDTH}} 2.")


async def test_a_wait_that_fails_stops_showing_progress(
    narrator: Narrator, told: list[str]
) -> None:
    with pytest.raises(RuntimeError), narrator.waiting("never"):
        raise RuntimeError
    assert told == []


def test_a_table_is_aligned(narrator: Narrator, told: list[str]) -> None:
    narrator.table(("user", "primary"), (("ada", "19.65"), ("grace", "5.00")))
    assert told == [
        "      user   primary",
        "      -----  -------",
        "      ada      19.65",
        "      grace     5.00",
    ]


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "0.00"), (19_650_000, "19.65"), (-350_000, "-0.35"), (1, "0.000001"), (5_000_000, "5.00")],
)
def test_money_is_exact_and_short(micros: int, text: str) -> None:
    assert money(micros) == text


def test_a_latency_is_told_in_milliseconds() -> None:
    assert milliseconds(4_321) == "4.3 ms"
