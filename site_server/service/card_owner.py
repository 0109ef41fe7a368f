"""Whose card that is. The number is hashed at once; nothing else of this site sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.vocabulary import Reason
from replication.card_hash import card_hash
from site_server.refusals import refusal_for

if TYPE_CHECKING:
    from site_server.store.directory import Directory


class CardOwner:
    """Asks the replica."""

    def __init__(self, directory: Directory, card_key: bytes) -> None:
        self._directory = directory
        self._card_key = card_key

    def hashed(self, card_number: str) -> str:
        """The only form in which a card number goes any further."""
        return card_hash(card_number, self._card_key)

    def of(self, hashed: str) -> str | None:
        """The owner's name; None for a card that opens nothing.

        Raises `RefusedError` on a fresh site, which does not know anybody yet.
        """
        with self._directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            return snapshot.card_owner(hashed)
