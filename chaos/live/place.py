"""Where a process and its clients are: this machine, or a network namespace made for one node.

Theory of operation
-------------------
A namespace here has no name. It is an open file of this program, and lives for as long as that is
open or a process is in it: whatever happens to this program, nothing is left behind, and two runs
never meet. A process is put into it by `nsenter`, which replaces itself by the program, so the pid
stays the one we know.

A socket belongs to the namespace in which its maker was at that moment. So a client of ours in this
program reaches a server's loopback there by changing over, making the socket, and changing back,
all between two awaits: servers listen on 127.0.0.1 as everywhere, and there is no second network
for our own calls that a fault could spare or hit.

Rejected: `ip netns add` (names outlive a kill -9), and addresses for our own calls (servers would
need certificates for them).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from chaos.errors import ChaosError, MissingToolError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

CLONE_NEWNET: Final = 0x40000000
OWN: Final = "/proc/thread-self/ns/net"
NEEDS_ROOT: Final = "it needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN) to make network namespaces"
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class NoNamespaceError(ChaosError):
    """This machine lets us make no network namespace. Run it as root."""


class Place(Protocol):
    """Where something runs."""

    @property
    def prefix(self) -> tuple[str, ...]:
        """What stands before a command that is to run there."""
        ...

    def make_socket(self, address: Any) -> socket.socket:  # noqa: ANN401 - as aiohttp hands it
        """A socket there, for what getaddrinfo said."""
        ...


class Here:
    """This machine's own network."""

    prefix: tuple[str, ...] = ()

    def make_socket(self, address: Any) -> socket.socket:  # noqa: ANN401 - as aiohttp hands it
        """An ordinary socket."""
        family, kind, protocol, _, _ = address
        return socket.socket(family, kind, protocol)


HERE: Final = Here()


class NetNamespace:
    """A network of its own. Errors at the making: `NoNamespaceError`."""

    def __init__(self) -> None:
        before = os.open(OWN, os.O_RDONLY)
        try:
            if _LIBC.unshare(CLONE_NEWNET):
                why = os.strerror(ctypes.get_errno())
                raise NoNamespaceError(f"No network namespace could be made: {why}; {NEEDS_ROOT}.")
            try:
                self._fd = os.open(OWN, os.O_RDONLY)
            finally:
                _enter(before)
        finally:
            os.close(before)

    @property
    def prefix(self) -> tuple[str, ...]:
        """`nsenter` into it."""
        nsenter = shutil.which("nsenter")
        if nsenter is None:
            raise MissingToolError("nsenter is missing. Install it: apt-get install util-linux")
        return (nsenter, f"--net={self.path}", "--")

    @property
    def path(self) -> str:
        """A name for it, good while this program lives."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def within(self, work: Callable[[], T]) -> T:
        """Do this in the namespace; nothing may be awaited in it."""
        before = os.open(OWN, os.O_RDONLY)
        try:
            _enter(self._fd)
            try:
                return work()
            finally:
                _enter(before)
        finally:
            os.close(before)

    def make_socket(self, address: Any) -> socket.socket:  # noqa: ANN401 - as aiohttp hands it
        """A socket of the namespace, wherever it is used afterwards."""
        return self.within(lambda: HERE.make_socket(address))

    def close(self) -> None:
        """Let go of it: it ends with the last process in it."""
        os.close(self._fd)


def why_no_namespaces() -> str:
    """Why none can be made here; '' where one can."""
    try:
        NetNamespace().close()
    except NoNamespaceError as error:
        return str(error)
    return ""


def _enter(fd: int) -> None:
    if _LIBC.setns(fd, CLONE_NEWNET):
        raise NoNamespaceError(f"setns: {os.strerror(ctypes.get_errno())}; {NEEDS_ROOT}.")
