"""The connections of the sites that stand now, one per site."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from replication.messages import AllowanceRecall, AnyFromPrimary, AnyFromSite

RECALLS_MAX: Final = 100
"""That wait for one site."""


class Wire(Protocol):
    """The connection. Its time-outs end it; then `receive` returns None and `send` False."""

    async def receive(self) -> AnyFromSite | None:
        """The next message; None once the connection has ended."""
        ...

    async def send(self, message: AnyFromPrimary) -> bool:
        """Whether the message went out."""
        ...

    def speak(self, version: int) -> None:
        """Write that version of the protocol from now on."""
        ...

    def abort(self) -> None:
        """End the connection at once."""
        ...


class Links:
    """The sessions that stand now, one per site."""

    def __init__(self) -> None:
        self._wires: dict[str, Wire] = {}
        self._recalls: dict[str, asyncio.Queue[AllowanceRecall]] = {}
        self._refusals: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self._renewed: dict[tuple[str, int], int] = {}

    @property
    def count(self) -> int:
        """How many are connected."""
        return len(self._wires)

    def has(self, site_name: str) -> bool:
        """Whether that site is connected."""
        return site_name in self._wires

    def names(self) -> Sequence[str]:
        """The sites that are connected, in order."""
        return sorted(self._wires)

    def add(self, site_name: str, wire: Wire) -> asyncio.Queue[AllowanceRecall]:
        """A site came in: its older connection, if any, is a dead one. Returns its recalls."""
        recalls = self._recalls[site_name] = asyncio.Queue(RECALLS_MAX)
        self._refusals.pop(site_name, None)
        former = self._wires.get(site_name)
        self._wires[site_name] = wire
        if former is not None:
            former.abort()
        return recalls

    def recall(self, site_name: str, payer: str, amount_micros: int) -> None:
        """Ask a site to give back what it does not need. Nobody waits for it.

        A site that is not there, or too slow, hears nothing; whoever lacks it asks again.
        """
        recalls = self._recalls.get(site_name)
        if recalls is not None and not recalls.full():
            recalls.put_nowait(AllowanceRecall(payer=payer, amount_micros=amount_micros))

    def is_news(self, site_name: str, refusal: str) -> bool:
        """Whether the site is refused for another reason than before; it goes on calling."""
        former = self._refusals.get(site_name)
        self._refusals[site_name] = refusal
        return refusal != former

    def is_new_end(self, site_name: str, why: str) -> bool:
        """Whether that site's connection ended for another reason than the one before it."""
        former = self._ends.get(site_name)
        self._ends[site_name] = why
        return why != former

    def works(self, site_name: str) -> None:
        """What that site sends is taken: an end of its connection is news again."""
        self._ends.pop(site_name, None)

    def remove(self, site_name: str, wire: Wire) -> None:
        """That connection ended."""
        if self._wires.get(site_name) is wire:
            del self._wires[site_name], self._recalls[site_name]

    def end(self, site_name: str) -> None:
        """End that site's connection at once, if it stands."""
        wire = self._wires.get(site_name)
        if wire is not None:
            wire.abort()

    def renewed(self, site_name: str, epoch: int, until_ms: int) -> None:
        """That site got a certificate which is good until then."""
        self._renewed[site_name, epoch] = until_ms

    def good_until_ms(self, site_name: str, epoch: int, shown_until_ms: int) -> int:
        """When the right of a connection ends that came in with a certificate until then.

        Whoever renewed while it stands has a newer one, and need not call again for it.
        """
        return max(self._renewed.get((site_name, epoch), 0), shown_until_ms)

    def abort_all(self) -> None:
        """End them all: the primary stops."""
        for wire in self._wires.values():
            wire.abort()
