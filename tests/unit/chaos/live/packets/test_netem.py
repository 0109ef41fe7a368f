"""Command lines of `tc`: iproute2's own parser took each of these."""

from __future__ import annotations

from chaos.live.packets.netem import probe, set_weather
from chaos.live.packets.weather import BLACK_HOLE, FAIR, Weather

HEAD = "tc qdisc replace dev wan root netem limit 10000"


def said(weather: Weather) -> str:
    return " ".join(set_weather("wan", weather))


def test_fair_weather_is_netem_without_anything() -> None:
    assert said(FAIR) == HEAD
    assert " ".join(probe("lo")) == HEAD.replace("wan", "lo")


def test_a_black_hole_loses_all() -> None:
    assert said(BLACK_HOLE) == f"{HEAD} loss random 100%"


def test_everything_at_once_is_in_the_order_that_tc_takes() -> None:
    weather = Weather(
        delay_ms=60, jitter_ms=20, loss_percent=0.5, duplicate_percent=3, reorder_percent=25
    )
    assert said(weather) == (f"{HEAD} delay 60ms 20ms loss random 0.5% duplicate 3% reorder 25%")


def test_packets_can_only_overtake_where_others_wait() -> None:
    assert said(Weather(reorder_percent=10)) == f"{HEAD} delay 15ms reorder 10%"
