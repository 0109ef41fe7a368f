"""Page deltas one after the other: what the primary keeps of them, and a site has not applied yet.

Both want the same: the newest ones, in order and without a hole, bounded in number and in bytes.

In an answer by HTTP each delta is preceded by its length, as four bytes, big-endian.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, Final

from replication.page_delta import BadDeltaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replication.page_delta import Step

LENGTH: Final = struct.Struct(">I")
COUNT_MAX: Final = 256
BYTES_MAX: Final = 4 * 1024 * 1024


class DeltaChain:
    """The newest deltas of one lineage. What does not follow the last one starts a new chain."""

    def __init__(self, *, count_max: int = COUNT_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._links: deque[tuple[Step, bytes]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._links)

    def add(self, step: Step, data: bytes) -> None:
        """Add the delta `data`, which is that step; the oldest go where it gets too much."""
        if self._links and self._links[-1][0].txid != step.base_txid:
            self.clear()
        self._links.append((step, data))
        self._bytes += len(data)
        while len(self._links) > self._count_max or self._bytes > self._bytes_max:
            self._bytes -= len(self._links.popleft()[1])

    def clear(self) -> None:
        """Forget all of them."""
        self._links.clear()
        self._bytes = 0

    def after(self, txid: int) -> tuple[tuple[Step, bytes], ...]:
        """The deltas that lead from `txid` to the newest; empty where none begins there."""
        links = tuple(link for link in self._links if link[0].base_txid >= txid)
        return links if links and links[0][0].base_txid == txid else ()

    def bytes_after(self, txid: int) -> int:
        """What the deltas beyond `txid` weigh."""
        return sum(len(data) for step, data in self._links if step.txid > txid)

    def between(self, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """The deltas that lead from the one to the other; empty where they are not here."""
        links = [link for link in self.after(base_txid) if link[0].txid <= txid]
        if not links or links[-1][0].txid != txid:
            return ()
        return tuple(data for _, data in links)


def joined(deltas: Iterable[bytes]) -> bytes:
    """Deltas as one body."""
    return b"".join(LENGTH.pack(len(data)) + data for data in deltas)


def split(body: bytes) -> tuple[bytes, ...]:
    """The deltas of such a body. Errors: `BadDeltaError`."""
    deltas: list[bytes] = []
    at = 0
    while at < len(body):
        begin = at + LENGTH.size
        if begin > len(body):
            raise BadDeltaError
        at = begin + LENGTH.unpack_from(body, at)[0]
        if at > len(body):
            raise BadDeltaError
        deltas.append(body[begin:at])
    return tuple(deltas)
