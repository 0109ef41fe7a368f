"""Packets between two namespaces are lost, late, doubled and out of order as they are told to be.

These need root; where it is missing they fail and say so.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from chaos.live.packets.wan import HEADQUARTERS, NETEM, PacketWans
from chaos.live.packets.weather import BLACK_HOLE, FAIR, Weather
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chaos.live.packets.wan import PacketWan
    from chaos.live.place import NetNamespace

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

PORT = 7300
PATIENCE_S = 0.4
CLOCK = SystemClock()


class Line:
    """A line with a socket at either end."""

    def __init__(self, wans: PacketWans, wan: PacketWan, site: NetNamespace) -> None:
        self.wan = wan
        self.site = _udp(site)
        self.headquarters = _udp(wans.headquarters)
        self.headquarters.bind((HEADQUARTERS, PORT))
        self.site.connect((HEADQUARTERS, PORT))

    async def send_up(self, count: int) -> list[int]:
        """Send numbers to headquarters; what arrives, in order."""
        loop = asyncio.get_running_loop()
        for number in range(count):
            await loop.sock_sendall(self.site, str(number).encode())
        arrived: list[int] = []
        try:
            while True:
                async with asyncio.timeout(PATIENCE_S):
                    data, self.back = await loop.sock_recvfrom(self.headquarters, 100)
                arrived.append(int(data))
        except TimeoutError:
            return arrived

    async def answer_down(self) -> int | None:
        """Send one word back to where the last one came from; how long it took, if it came."""
        loop = asyncio.get_running_loop()
        began_ms = CLOCK.monotonic_ms()
        await loop.sock_sendto(self.headquarters, b"word", self.back)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await loop.sock_recv(self.site, 100)
        except TimeoutError:
            return None
        return CLOCK.monotonic_ms() - began_ms


def _udp(place: NetNamespace) -> socket.socket:
    kind = (socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, 0, "", ())
    return place.make_socket(kind)


@asynccontextmanager
async def opened(kind: str | None = None) -> AsyncIterator[Line]:
    wans = await PacketWans.start(seed=7)
    wans.kind = kind or wans.kind
    line = Line(wans, await wans.open("oslo", PORT), await wans.site("oslo"))
    try:
        yield line
    finally:
        line.site.close()
        line.headquarters.close()
        await wans.close()


async def test_a_fair_line_loses_nothing_and_keeps_the_order() -> None:
    async with opened() as line:
        assert await line.send_up(50) == list(range(50))
        assert await line.answer_down() is not None


async def test_a_veth_pair_for_netem_joins_the_same_addresses() -> None:
    async with opened(NETEM) as line:
        assert await line.send_up(20) == list(range(20))
        assert await line.answer_down() is not None


async def test_loss_duplicates_and_disorder_happen_to_some() -> None:
    async with opened() as line:
        await line.wan.set_weather(
            up=Weather(loss_percent=20, duplicate_percent=20, reorder_percent=20)
        )
        arrived = await line.send_up(200)
        assert 120 < len(set(arrived)) < 195
        assert len(arrived) > len(set(arrived))
        assert arrived != sorted(arrived)
        await line.wan.set_weather()
        assert await line.send_up(20) == list(range(20))


async def test_each_direction_has_its_own_delay_and_its_own_cut() -> None:
    async with opened() as line:
        await line.wan.set_weather(up=Weather(delay_ms=5), down=Weather(delay_ms=200))
        assert await line.send_up(3) == [0, 1, 2]
        took_ms = await line.answer_down()
        assert took_ms is not None
        assert took_ms >= 200
        await line.wan.set_weather(up=FAIR, down=BLACK_HOLE)
        assert await line.send_up(3) == [0, 1, 2]
        assert await line.answer_down() is None
        await line.wan.set_weather(up=BLACK_HOLE, down=FAIR)
        assert await line.send_up(3) == []


async def test_a_cut_loses_all_and_healing_brings_the_weather_back() -> None:
    async with opened() as line:
        assert await line.send_up(1) == [0]
        await line.wan.cut()
        assert await line.send_up(3) == []
        assert await line.answer_down() is None
        await line.wan.heal()
        assert await line.send_up(3) == [0, 1, 2]
