"""Whose card that is. The number is hashed at once; nothing else of this site sees it.

The replica always wins: what it says of a card that it knows, also of a revoked one, no claim can
change. Only a card that it does not know may be somebody's by a claim at this very site, for as
long as credentials are believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.vocabulary import Reason
from replication.card_hash import card_hash
from site_server.refusals import refusal_for

if TYPE_CHECKING:
    from site_server.service.claimed_cards import ClaimedCards
    from site_server.service.ground import Ground


class CardOwner:
    """Asks the replica, and then the claims."""

    def __init__(self, ground: Ground, card_key: bytes, claimed: ClaimedCards) -> None:
        self._directory = ground.directory
        self._clock = ground.clock
        self._card_key = card_key
        self._claimed = claimed

    def hashed(self, card_number: str) -> str:
        """The only form in which a card number goes any further."""
        return card_hash(card_number, self._card_key)

    def of(self, hashed: str, printer_name: str) -> str | None:
        """The owner's name; None for a card that opens nothing at that printer.

        Raises `RefusedError` on a fresh site, which does not know anybody yet.
        """
        with self._directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            card = snapshot.card(hashed)
            if card is not None:
                return None if card.revoked else card.user_name
            age_ms_max = snapshot.policy(printer_name).credential_age_max_ms
        return self._claimed.owner(hashed, not_before_ms=self._clock.wall_ms() - age_ms_max)
