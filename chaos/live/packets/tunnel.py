"""Our own packet forwarder: two TUN devices, one in each namespace, and this program between them.

A TUN device hands every IP packet that the kernel sends over it to whoever holds its file, whole
and with its checksum, and takes packets back. So loss, delay, order and copies are decided here,
per packet, from a seed; nothing of the two servers, TLS or TCP knows of it. The fate of the n-th
packet is the seed's; which packet is the n-th is up to the kernel, so a run is alike and not
identical.

Rejected: AF_PACKET on the ends of veth pairs (packets come there without checksums and larger than
any line would carry, which costs a round of ethtool), and a relay of TCP streams (bytes are never
lost, doubled or out of order there).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Final

from chaos.errors import WanError
from chaos.live.packets.queue import PacketQueue
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from chaos.live.packets.weather import Weather
    from chaos.live.place import NetNamespace

TUN: Final = "/dev/net/tun"
TUNSETIFF: Final = 0x400454CA
IFF_TUN: Final = 0x0001
IFF_NO_PI: Final = 0x1000
PACKET_BYTES_MAX: Final = 65_536
AT_ONCE: Final = 64
"""Packets that are read before others get their turn."""
_CLOCK: Final = SystemClock()


def open_tun(place: NetNamespace, device: str) -> int:
    """A new TUN device there; it is gone when the returned file is closed. Errors: `WanError`."""

    def opened() -> int:
        fd = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
        except OSError:
            os.close(fd)
            raise
        return fd

    try:
        return place.within(opened)
    except OSError as error:
        raise WanError(f"No TUN device could be made: {error}. Is {TUN} there?") from error


class Tunnel:
    """Forwards between two TUN devices from `open` to `close`."""

    def __init__(self, near: int, far: int, *, seed: str) -> None:
        self.up = PacketQueue(Random(f"{seed} up"))
        self.down = PacketQueue(Random(f"{seed} down"))
        self._ways = ((near, far, self.up), (far, near, self.down))
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin, on the running event loop."""
        loop = asyncio.get_running_loop()
        for source, target, queue in self._ways:
            loop.add_reader(source, self._read, source, target, queue)

    def set_weather(self, up: Weather, down: Weather) -> None:
        """Let it be so for every packet from now on; those under way arrive as they would have."""
        self.up.set_weather(up)
        self.down.set_weather(down)

    def close(self) -> None:
        """Stop, and take both devices away."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
        for source, _, _ in self._ways:
            loop.remove_reader(source)
            os.close(source)

    def _read(self, source: int, target: int, queue: PacketQueue) -> None:
        for _ in range(AT_ONCE):
            try:
                packet = os.read(source, PACKET_BYTES_MAX)
            except BlockingIOError:
                break
            queue.put(packet, _CLOCK.monotonic_ms())
        _send(target, queue)
        self._wind()

    def _wind(self) -> None:
        """Have the timer stand at the next arrival of either direction."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        arrivals = [queue.next_ms for _, _, queue in self._ways if queue.next_ms is not None]
        if arrivals:
            after_s = max(0, min(arrivals) - _CLOCK.monotonic_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(after_s, self._arrive)

    def _arrive(self) -> None:
        for _, target, queue in self._ways:
            _send(target, queue)
        self._wind()


def _send(target: int, queue: PacketQueue) -> None:
    for packet in queue.due(_CLOCK.monotonic_ms()):
        with suppress(OSError):  # a full queue, or a device that is down, drops packets anywhere
            os.write(target, packet)
