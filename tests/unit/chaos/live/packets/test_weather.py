"""What becomes of packets in a weather."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from chaos.errors import ChaosError
from chaos.live.packets.weather import BLACK_HOLE, FAIR, HELD_BACK_MS, Weather, fates

MANY = 4_000


def drawn(weather: Weather, seed: int = 1) -> list[tuple[int, ...]]:
    random = Random(seed)
    return [fates(weather, random) for _ in range(MANY)]


def test_in_fair_weather_every_packet_arrives_once_and_at_once() -> None:
    assert set(drawn(FAIR)) == {(0,)}


def test_a_black_hole_lets_nothing_through() -> None:
    assert set(drawn(BLACK_HOLE)) == {()}


def test_chances_are_met_about_as_often_as_they_say() -> None:
    seen = drawn(Weather(delay_ms=50, loss_percent=10, duplicate_percent=20, reorder_percent=30))
    copies = Counter(map(len, seen))
    assert copies[0] == pytest.approx(MANY * 0.10, rel=0.15)
    assert copies[2] == pytest.approx(MANY * 0.90 * 0.20, rel=0.15)
    overtook = sum(fate[:1] == (0,) for fate in seen)
    assert overtook == pytest.approx(MANY * 0.90 * 0.30, rel=0.15)


def test_jitter_stays_within_its_bounds() -> None:
    times = {each for fate in drawn(Weather(delay_ms=50, jitter_ms=20)) for each in fate}
    assert min(times) == 30
    assert max(times) == 70


def test_without_a_delay_the_others_are_held_back_so_that_one_can_overtake() -> None:
    assert set(drawn(Weather(reorder_percent=50))) == {(0,), (HELD_BACK_MS,)}


def test_the_fate_of_a_packet_depends_on_its_number_and_the_seed_alone() -> None:
    mild, hard = drawn(Weather(loss_percent=5)), drawn(Weather(loss_percent=50))
    assert drawn(Weather(loss_percent=5)) == mild
    assert all(fate == () for fate, before in zip(hard, mild, strict=True) if before == ())
    assert drawn(Weather(loss_percent=5), seed=2) != mild


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss_percent": 101},
        {"duplicate_percent": -1},
        {"reorder_percent": 100.5},
        {"delay_ms": 5, "jitter_ms": 6},
        {"delay_ms": 5, "jitter_ms": -1},
    ],
)
def test_a_weather_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ChaosError):
        Weather(**wrong)


def test_it_is_told_in_words() -> None:
    weather = Weather(
        delay_ms=60, jitter_ms=20, loss_percent=2.5, duplicate_percent=1, reorder_percent=25
    )
    assert str(weather) == "delay 60 ms ± 20, loss 2.5 %, duplicates 1 %, out of order 25 %"
    assert str(FAIR) == "fair"
