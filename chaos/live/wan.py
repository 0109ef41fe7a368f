"""The WAN between one site and headquarters, as something that can be cut.

A cut is a black hole, as when a router dies: no packet comes through, nobody is told, connections
stay open and silent. That is harder on the product than a reset, which shows itself at once.

The contract of every adapter (tests/contract/test_wan.py):

* while cut, no byte passes in either direction, over old connections or new ones;
* a connection that lived through a part of a cut never delivers a byte again (its stream would
  have a hole), and is closed when the WAN heals;
* after healing, new connections work at once.
"""

from __future__ import annotations

from typing import Final, Protocol


class Wan(Protocol):
    """One WAN link: a local port that leads to headquarters, or for a while does not."""

    @property
    def listen_port(self) -> int:
        """The port that the site dials."""
        ...

    async def cut(self) -> None:
        """Let nothing through from now on; cutting twice is one cut."""
        ...

    async def heal(self) -> None:
        """Let everything through again; harmless where nothing was cut."""
        ...


class WanMaker(Protocol):
    """Where WANs come from; `kind` names it to the reader of a scenario."""

    @property
    def kind(self) -> str:
        """What cuts: 'toxiproxy 2.12.0' or 'relay'."""
        ...

    async def open(self, name: str, upstream_port: int) -> Wan:
        """A new healthy WAN that leads to `upstream_port` on this machine."""
        ...

    async def close(self) -> None:
        """Close every WAN of this maker."""
        ...


LOOPBACK: Final = "127.0.0.1"
