"""Lookups of people in the print log, the movements and their sums."""

from typing import Any

from primary.store import ledger_queries
from primary.store.ledger import Place
from primary.store.ledger_queries import SumsWanted, Wanted
from primary.store.ledger_reader import LedgerReader


class Lookups:
    """Short reads for people; a connection of their own, so that no long sum is before them."""

    def __init__(self, place: Place) -> None:
        self._reader = LedgerReader(place, read_s=None)

    async def prints(self, wanted: Wanted) -> list[dict[str, Any]]:
        """A page of the print log, newest first."""
        return await self._reader.run(lambda c: ledger_queries.prints(c, wanted))

    async def movements(self, wanted: Wanted) -> list[dict[str, Any]]:
        """A page of the movements of money, newest first."""
        return await self._reader.run(lambda c: ledger_queries.moved(c, wanted))

    async def sums(self, wanted: SumsWanted) -> list[dict[str, Any]]:
        """A page of sums by day."""
        return await self._reader.run(lambda c: ledger_queries.sums(c, wanted))

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
