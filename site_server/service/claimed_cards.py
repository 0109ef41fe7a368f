"""The cards that people registered themselves and headquarters has not settled, or not sent yet.

A copy of the register in memory, for a card at a reader cannot wait for a file. The register is
the truth: the copy is made anew at the start and after every change of it.
"""

from __future__ import annotations

import asyncio
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NoReturn

from failure_modes.vocabulary import Reason
from replication.registers import ClaimState
from site_server.refusals import refusal_for

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from failure_modes.vocabulary import WallMs
    from replication.registers import CardClaim, CardClaims, Versions
    from site_server.service.ground import Ground

BELIEVED: Final = (ClaimState.CLAIMED, ClaimState.CONFIRMED)
"""A confirmed card counts on until it is in the replica: a verdict may be faster than a page."""

_log = logging.getLogger(__name__)


class NoClaims:
    """The register of a node that has none: a secondary, at which nobody can claim a card."""

    versions: Versions = MappingProxyType({})

    async def wait_beyond(self, versions: Versions) -> None:
        """Never return: nothing ever comes."""
        del versions
        await asyncio.Event().wait()

    async def card_claims(self) -> tuple[CardClaim, ...]:
        """No claims."""
        return ()

    async def put_card_claim(self, claim: CardClaim) -> None:
        """Refuse it."""
        del claim
        raise refusal_for(Reason.NO_REPLICA)

    async def settle_card_claims(self, verdicts: Sequence[CardClaim]) -> None:
        """Nothing is there to settle."""

    async def drop_card_claim(self, card_hash: str, site_name: str) -> None:
        """Nothing is there to drop."""


class ClaimedCards:
    """What the register of claims says. `refresh` must run first."""

    def __init__(self, ground: Ground, register: CardClaims) -> None:
        self._site_name = ground.site_name
        self._directory = ground.directory
        self._register = register
        self._claims: tuple[CardClaim, ...] = ()
        self._mine: dict[str, CardClaim] = {}

    async def run(self) -> NoReturn:
        """Follow the register, for ever."""
        while True:
            versions = dict(self._register.versions)
            await self.refresh()
            await self._register.wait_beyond(versions)

    async def refresh(self) -> None:
        """Read the register anew."""
        self._claims = await self._register.card_claims()
        before = self._mine
        self._mine = {
            claim.card_hash: claim for claim in self._claims if claim.site_name == self._site_name
        }
        for card_hash, claim in self._mine.items():
            former = before.get(card_hash)
            if former is not None and former.state is not claim.state:
                _log.info("the card of %s is %s %s", claim.user_name, claim.state, claim.reason)

    def owner(self, card_hash: str, *, not_before_ms: int) -> str | None:
        """Who claimed that card at this site, if that is believed: it was not refused, or too old.

        To be asked only about a card that the replica does not know.
        """
        claim = self._mine.get(card_hash)
        if claim is None or claim.state not in BELIEVED or claim.claimed_wall_ms < not_before_ms:
            return None
        return claim.user_name

    def of_card(self, card_hash: str) -> list[CardClaim]:
        """Every claim of that card, at any site."""
        return [claim for claim in self._claims if claim.card_hash == card_hash]

    def of_user(self, user_name: str) -> list[CardClaim]:
        """Every claim of that person, at any site, oldest first."""
        return [claim for claim in self._claims if claim.user_name == user_name]

    @property
    def mine(self) -> Collection[CardClaim]:
        """The claims of this site."""
        return self._mine.values()

    async def put(self, claim: CardClaim) -> None:
        """Store a claim of this site; it counts when this returns."""
        await self._register.put_card_claim(claim)
        await self.refresh()

    async def tidy(self, refused_before_ms: WallMs | int) -> None:
        """Drop the claims of this site that are settled and told.

        A confirmed one is when the replica has the card; a refused one after a while, in which the
        person can still see why.
        """
        done = [claim for claim in self._mine.values() if self._is_told(claim, refused_before_ms)]
        for claim in done:
            await self._register.drop_card_claim(claim.card_hash, claim.site_name)
        if done:
            await self.refresh()

    def _is_told(self, claim: CardClaim, refused_before_ms: int) -> bool:
        if claim.state is ClaimState.REFUSED:
            return claim.claimed_wall_ms < refused_before_ms
        if claim.state is ClaimState.CLAIMED:
            return False
        with self._directory.read() as snapshot:
            return snapshot is not None and snapshot.card(claim.card_hash) is not None
