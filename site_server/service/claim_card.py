"""Lets people register a card themselves. It counts here at once, and for good when confirmed.

The claim is a row of a register, which travels to headquarters by itself when it can. Headquarters
confirms it by putting the card into the directory, or refuses it. Until then the card opens this
site alone, and nothing but what its claimer may do anyway.

Rejected: to write the card into the journal. A card is no money; an entry that headquarters then
refuses would have to be undone by another one, and the site would have to remember both.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.vocabulary import Function, Reason
from replication.registers import CardClaim, ClaimState
from site_server.causes import Cause
from site_server.refusals import refusal, refusal_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failure_modes.decision import Decision
    from site_server.service.card_owner import CardOwner
    from site_server.service.claimed_cards import ClaimedCards
    from site_server.service.ground import Ground
    from site_server.service.view import Decider
    from site_server.store.sessions import PanelSession

OPEN: Final = (ClaimState.CLAIMED, ClaimState.CONFIRMED)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What came of it: `claim` is None where the directory had given the person that card before.

    The decision says whether the card counts for now only.
    """

    claim: CardClaim | None
    decision: Decision

    @property
    def provisional(self) -> bool:
        """Whether headquarters cannot be asked now."""
        return self.claim is not None and self.decision.reasons[0] is Reason.PROVISIONAL_HERE


class ClaimCard:
    """Takes claims, within bounds."""

    def __init__(
        self, ground: Ground, decider: Decider, card_owner: CardOwner, claimed: ClaimedCards
    ) -> None:
        self._ground = ground
        self._decider = decider
        self._card_owner = card_owner
        self._claimed = claimed
        self._one_at_a_time = asyncio.Lock()

    async def claim(self, session: PanelSession, card_number: str) -> Claimed:
        """Register a card for whoever is logged in; durable on return.

        The same claim again changes nothing. Raises `RefusedError` where that cannot be, and the
        errors of the register.
        """
        hashed = self._card_owner.hashed(card_number)
        async with self._one_at_a_time:
            decision = self._decided(session)
            if self._owns(hashed, session.user_name):
                return Claimed(claim=None, decision=decision)
            before = self._own_claim(hashed, session.user_name)
            if before is not None:
                return Claimed(claim=before, decision=decision)
            self._check_bounds(session.user_name)
            claim = CardClaim(
                card_hash=hashed,
                site_name=self._ground.site_name,
                user_name=session.user_name,
                claimed_wall_ms=self._ground.clock.wall_ms(),
            )
            await self._claimed.put(claim)
        _log.info("%s claims a card at %s", session.user_name, session.device_name)
        return Claimed(claim=claim, decision=decision)

    def list(self, session: PanelSession) -> Sequence[CardClaim]:
        """The claims of whoever is logged in that are not done with, oldest first."""
        return self._claimed.of_user(session.user_name)

    def _decided(self, session: PanelSession) -> Decision:
        known = self._decider.known(session.user_name, session.printer_name)
        with self._ground.store.read() as site:
            view = self._decider.view(site, known)
        return self._decider.permit(view, known, Function.CLAIM_CARD, session)

    def _owns(self, hashed: str, user_name: str) -> bool:
        """Whether the directory gives them this card; raises where it is settled otherwise."""
        with self._ground.directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            card = snapshot.card(hashed)
        if card is None:
            return False
        if card.revoked or card.user_name != user_name:
            raise refusal(Cause.CARD_NOT_FREE)
        return True

    def _own_claim(self, hashed: str, user_name: str) -> CardClaim | None:
        """Their own claim at this site that still stands; raises where somebody else has one."""
        standing = [each for each in self._claimed.of_card(hashed) if each.state in OPEN]
        if any(each.user_name != user_name for each in standing):
            raise refusal(Cause.CARD_NOT_FREE)
        here = [each for each in standing if each.site_name == self._ground.site_name]
        return here[0] if here else None

    def _check_bounds(self, user_name: str) -> None:
        limits = self._ground.limits
        waiting = [
            each for each in self._claimed.of_user(user_name) if each.state is ClaimState.CLAIMED
        ]
        if len(waiting) >= limits.card_claims_per_user_max:
            raise refusal(Cause.TOO_MANY_CARD_CLAIMS)
        if len(self._claimed.mine) >= limits.card_claims_max:
            raise refusal(Cause.CARD_CLAIMS_FULL)
