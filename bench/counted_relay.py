"""A TCP relay that has the kernel count what passes, also over connections that end meanwhile.

What `ss` shows is gone with its connection, and a PostgreSQL subscription copies each table over
one of its own. So both sides of a figure go through the same relay: a thread for each direction,
which moves bytes within the kernel (`splice`), and each connection's own counters (TCP_INFO) are
read when it ends.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

LOOPBACK: Final = "127.0.0.1"
PIECE_BYTES: Final = 1024 * 1024
INFO_BYTES: Final = 240
RECEIVED: Final = struct.Struct("=128xQ")
ACKNOWLEDGED: Final = struct.Struct("=120xQ")
"""Where `struct tcp_info` of linux/tcp.h has tcpi_bytes_received and tcpi_bytes_acked."""


class CountedRelay:
    """Relays a port of its own to `upstream_port` while it is open."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._listener = socket.create_server((LOOPBACK, 0))
        self._turn = threading.Lock()
        self._open: set[socket.socket] = set()
        self._ended_bytes = 0
        self.first_s: float | None = None
        """When the first connection came, by `time.perf_counter`."""
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def restart_count(self) -> None:
        """Forget what has passed; the next connection is the first again."""
        with self._turn:
            self.first_s = None
            self._ended_bytes = -sum(map(_passed_bytes, self._open))

    def passed_bytes(self) -> int:
        """TCP's bytes in both directions since the count began."""
        with self._turn:
            return self._ended_bytes + sum(map(_passed_bytes, self._open))

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.first_s is None:
                self.first_s = time.perf_counter()
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with (
            closing(near),
            closing(socket.create_connection((LOOPBACK, self._upstream_port))) as far,
        ):
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._counted(near):
                back = threading.Thread(target=_pump, args=(far, near), daemon=True)
                back.start()
                _pump(near, far)
                back.join()

    @contextmanager
    def _counted(self, near: socket.socket) -> Iterator[None]:
        with self._turn:
            self._open.add(near)
        try:
            yield
        finally:
            with self._turn:
                self._open.discard(near)
                self._ended_bytes += _passed_bytes(near)


def _passed_bytes(near: socket.socket) -> int:
    info = near.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
    return int(RECEIVED.unpack_from(info)[0] + ACKNOWLEDGED.unpack_from(info)[0])


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Move all bytes, then say that there are no more."""
    out, into = os.pipe()
    try:
        while count := os.splice(source.fileno(), into, PIECE_BYTES):
            while count:
                count -= os.splice(out, target.fileno(), count)
    except OSError:
        return
    finally:
        os.close(out)
        os.close(into)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
