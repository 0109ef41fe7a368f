"""Packets between their sending and their arrival."""

from __future__ import annotations

from random import Random

from chaos.live.packets.queue import PacketQueue
from chaos.live.packets.weather import BLACK_HOLE, Weather
from replication.ports import MonotonicMs


def queue(weather: Weather) -> PacketQueue:
    found = PacketQueue(Random(3))
    found.set_weather(weather)
    return found


def test_nothing_arrives_before_its_time_and_all_that_is_due_arrives_in_order() -> None:
    line = queue(Weather(delay_ms=10))
    for number in range(5):
        line.put(b"%d" % number, MonotonicMs(100 + number // 3))
    assert line.next_ms == 110
    assert line.due(MonotonicMs(109)) == []
    assert line.due(MonotonicMs(110)) == [b"0", b"1", b"2"]
    assert line.due(MonotonicMs(500)) == [b"3", b"4"]
    assert line.next_ms is None


def test_what_was_sent_in_other_weather_arrives_as_it_would_have() -> None:
    line = queue(Weather(delay_ms=10))
    line.put(b"slow", MonotonicMs(0))
    line.set_weather(BLACK_HOLE)
    line.put(b"lost", MonotonicMs(1))
    assert line.due(MonotonicMs(10)) == [b"slow"]
    assert (line.seen, line.lost) == (1, 1)


def test_it_counts_what_it_did() -> None:
    line = queue(Weather(delay_ms=5, duplicate_percent=50, reorder_percent=50, loss_percent=10))
    for number in range(100):
        line.put(b"%d" % number, MonotonicMs(number))
    assert line.seen == 100
    assert min(line.lost, line.doubled, line.overtook) > 0
    assert len(line.due(MonotonicMs(1_000))) == 100 - line.lost + line.doubled
