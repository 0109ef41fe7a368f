"""A TLS port through which only so many connections come in at once; the others stand in line.

Theory of operation
-------------------
A TLS handshake is 2 ms of one core in which a server with one event loop does nothing else. When a
thousand sites come back in the same second, a server that takes them all at once answers nobody for
seconds: the sites give up, come again, and the handshakes that were begun were for nothing. That
does not end by itself.

So connections are taken from the kernel one by one, and only while fewer than `setups_max` have an
unfinished handshake. What beats and calls wait for is then at most so many handshakes. The others
stand in the kernel's line, which is short on purpose (`LINE_MAX`). For whom there is no place in it
the kernel does not answer at all, and the caller's kernel asks again by itself after 1 and 3 s.

On a slow machine even a short line lasts longer than a caller's patience. Who has gone away, or has
stood there for `STALE_MS` and would go away during the handshake, is closed without one: work is
only done for those who will still be there. The kernel tells both (TCP_INFO).

Rejected: to close what is too much. It costs the caller nothing, so it comes back at once.

A handshake that does not end is cut after `HANDSHAKE_S`. A connection whose other end is dead, or
does not read, is cut by the kernel after `UNREAD_MS` (RFC 5482), whatever is being sent over it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import struct
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Sequence

log = logging.getLogger(__name__)

LINE_MAX: Final = 64
STALE_MS: Final = 2_000
"""Half of a site's patience (`LinkTimes.connect_ms`): the other half is for what follows."""
HANDSHAKE_S: Final = 5.0
UNREAD_MS: Final = 120_000
"""Longer than a site with a bandwidth ceiling of the lowest kind pauses between two reads."""
TCP_INFO_BYTES: Final = 104
ESTABLISHED: Final = 1
LAST_DATA_RECEIVED: Final = struct.Struct("=I")
LAST_DATA_RECEIVED_AT: Final = 52
"""`tcpi_state` and `tcpi_last_data_recv` (ms) of linux/tcp.h."""
NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
NO_ROOM_PAUSE_S: Final = 0.25


def _nothing() -> None:
    """Nobody wants to hear of it."""


@dataclass(slots=True)
class Doorway:
    """What a narrow door lets in, and what came of it."""

    setups_max: int
    on_stale: Callable[[], None] = _nothing
    """Called for each connection that was turned away because it had stood in line too long."""
    under_way: int = 0
    """Handshakes that have begun and not ended."""
    failed: int = 0
    """Handshakes that came to nothing, since the start."""
    turned_away: int = 0
    """Connections for which there was none, because they had waited too long or were gone."""


@asynccontextmanager
async def narrow_door(
    serve: Callable[[], asyncio.Protocol],
    address: tuple[str, int],
    tls: ssl.SSLContext | None,
    doorway: Doorway,
) -> AsyncIterator[int]:
    """Have `serve` make a protocol for each connection that comes in; the port.

    Errors: `OSError`, where it cannot listen.
    """
    async with AsyncExitStack() as stack:
        listeners = await _listeners(*address)
        for listener in listeners:
            stack.callback(listener.close)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        door = _Door(serve, tls, doorway, group)
        tasks = [group.create_task(door.accept(listener)) for listener in listeners]
        try:
            yield int(listeners[0].getsockname()[1])
        finally:
            for task in (*tasks, *door.setups):
                task.cancel()


class _Door:
    def __init__(
        self,
        serve: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        doorway: Doorway,
        group: asyncio.TaskGroup,
    ) -> None:
        self._serve = serve
        self._tls = tls
        self._doorway = doorway
        self._group = group
        self._places = asyncio.Semaphore(doorway.setups_max)
        self._has_room = True
        self.setups: set[asyncio.Task[None]] = set()

    async def accept(self, listener: socket.socket) -> NoReturn:
        """Take one connection after the other, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._places.acquire()
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:
                self._places.release()
                await self._survive(error)
            except asyncio.CancelledError:
                self._places.release()
                raise
            else:
                self._has_room = True
                if _is_stale(connection):
                    self._turn_away(connection)
                    continue
                task = self._group.create_task(self._set_up(connection))
                self.setups.add(task)
                task.add_done_callback(self.setups.discard)

    def _turn_away(self, connection: socket.socket) -> None:
        connection.close()
        self._places.release()
        self._doorway.turned_away += 1
        self._doorway.on_stale()

    async def _set_up(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._doorway.under_way += 1
        timeout = None if self._tls is None else HANDSHAKE_S
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
            await loop.connect_accepted_socket(
                self._serve, connection, ssl=self._tls, ssl_handshake_timeout=timeout
            )
        except OSError:  # a stranger, a caller that gave up: that is what TLS is for
            self._doorway.failed += 1
            connection.close()
        finally:
            self._doorway.under_way -= 1
            self._places.release()

    async def _survive(self, error: OSError) -> None:
        """A caller that went away while it stood in line is nothing; no file left is something."""
        if error.errno not in NO_ROOM:
            return
        if self._has_room:
            log.error(
                "no connection can be taken: %s. Raise the limit of open files (LimitNOFILE)",
                error.strerror,
            )
        self._has_room = False
        await asyncio.sleep(NO_ROOM_PAUSE_S)


def _is_stale(connection: socket.socket) -> bool:
    """Whether its caller has gone, or stood in line for too long to be served in time."""
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    except OSError:
        return True
    (silent_ms,) = LAST_DATA_RECEIVED.unpack_from(info, LAST_DATA_RECEIVED_AT)
    return info[0] != ESTABLISHED or silent_ms > STALE_MS


async def _listeners(host: str, port: int) -> Sequence[socket.socket]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            place = address if port or not listeners else (address[0], _port_of(listeners[0]))
            listener = socket.create_server(place[:2], family=family, backlog=LINE_MAX)
            listener.setblocking(False)  # noqa: FBT003 - the socket's only form
            listeners.append(listener)
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])
