"""The cheapest chain of LTX files from a position to the head.

Theory of operation
-------------------
A file min..max can follow any position p with min - 1 <= p < max: overlapping is harmless as long
as the newest image of a page wins. So files are edges between TXIDs and the chain is a shortest
path. Each file has a cost (its bytes, and what one more request costs), which decides by itself
between ten small files of level 0 and one larger file of level 1 that repeats what is here already.

Files are taken in the order of their last TXID. Of the places reached so far only those matter from
which no later place is cheaper; these stand in a list where TXID and cost both grow, so the best
place to go on from is found by bisection, and 20,000 files take milliseconds.

Rejected: "the file that reaches furthest" (fewest files). Once an hour that takes an hour's worth
of pages for three small transactions.

A snapshot is the whole database. It is considered only at bootstrap, or where nothing else leads to
the head.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from replication.errors import ReplicationError
from replication.manifest import LtxName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE_COST_BYTES: Final = 16 * 1024
"""What one more request costs, in bytes not sent meanwhile: 50 ms of round trip at 2.6 Mbit/s."""

_Route = tuple[LtxName, "_Route | None"]


class GapError(ReplicationError):
    """Transactions are missing between this position and the head."""

    def __init__(self, *, reached_txid: int, next_txid: int | None, head_txid: int) -> None:
        self.reached_txid = reached_txid
        """How far the files lead without a hole (0: not even a first snapshot)."""
        self.next_txid = next_txid
        """Where they go on behind the hole; None where nothing lies behind it."""
        self.head_txid = head_txid
        missing_to = head_txid if next_txid is None else next_txid - 1
        super().__init__(
            f"Transactions {reached_txid + 1} to {missing_to} are in no file, and no snapshot"
            f" covers them; the head is {head_txid}. List the store again; if that does not help,"
            " have the primary take a snapshot."
        )


def cost(size_bytes: int) -> int:
    """The cost of a file that must still be fetched or read."""
    return size_bytes + FILE_COST_BYTES


def plan(position_txid: int | None, cost_of: Mapping[LtxName, int]) -> tuple[LtxName, ...]:
    """The cheapest files, in order, from `position_txid` (None: from nothing) to the head.

    `cost_of` has every file at hand with its cost (>= 1). Empty where the position is the head or
    beyond, or nothing is at hand. Errors: `GapError`.
    """
    start_txid = position_txid or 0
    head_txid = max((name.max_txid for name in cost_of), default=start_txid)
    if head_txid <= start_txid:
        return ()
    reached_txid, route = start_txid, None
    if position_txid is not None:
        deltas = (name for name in cost_of if not name.is_snapshot)
        reached_txid, route = _furthest(start_txid, deltas, cost_of)
    if reached_txid < head_txid:
        reached_txid, route = _furthest(start_txid, cost_of, cost_of)
    if reached_txid < head_txid:
        beyond = (name.min_txid for name in cost_of if name.min_txid > reached_txid)
        raise GapError(
            reached_txid=reached_txid, next_txid=min(beyond, default=None), head_txid=head_txid
        )
    return _in_order(route)


def _furthest(
    start_txid: int, names: Iterable[LtxName], cost_of: Mapping[LtxName, int]
) -> tuple[int, _Route | None]:
    """The last TXID that can be reached, and the cheapest way to it."""
    txids, costs = [start_txid], [0]
    routes: list[_Route | None] = [None]
    for name in sorted(names, key=lambda name: (name.max_txid, cost_of[name])):
        at = bisect_left(txids, name.min_txid - 1)
        if at == len(txids) or name.max_txid <= txids[at]:
            continue
        total = costs[at] + cost_of[name]
        route = (name, routes[at])
        if txids[-1] == name.max_txid and costs[-1] <= total:
            continue
        while costs[-1] >= total:
            for column in (txids, costs, routes):
                column.pop()
        txids.append(name.max_txid)
        costs.append(total)
        routes.append(route)
    return txids[-1], routes[-1]


def _in_order(route: _Route | None) -> tuple[LtxName, ...]:
    names: list[LtxName] = []
    while route is not None:
        name, route = route
        names.append(name)
    return tuple(reversed(names))
