"""Confirms or refuses the cards that people registered themselves, as headquarters hears of them.

The directory is written first and the verdict second. A crash between the two leaves a claim that
is settled again with the same result. Whoever hears a verdict before the card has reached them by
the replica goes on believing the claim meanwhile.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NoReturn

from sqlalchemy import Connection

from primary.store.claims import ClaimRefusal, settle_claim, sites_with_claims
from primary.store.directory import Directory
from replication.errors import ReplicationError, StoreClosedError
from replication.registers import CardClaim, CardClaims, ClaimState

AT_ONCE_MAX: Final = 100
"""Claims settled in one transaction: about 30 ms, in which no balance moves."""
RETRY_MS: Final = 30_000
"""After the directory or the registers could not be written (a full disk)."""

logger: Final = logging.getLogger(__name__)


class SettleClaims:
    """Answers every claim once it is heard of."""

    def __init__(
        self, directory: Directory, register: CardClaims, *, retry_ms: int = RETRY_MS
    ) -> None:
        self._directory = directory
        self._register = register
        self._retry_ms = retry_ms
        self._problem = ""

    async def run(self) -> NoReturn:
        """Settle what is there and whatever comes, until cancelled."""
        while True:
            versions = dict(self._register.versions)
            try:
                await self.settle()
            except StoreClosedError:
                raise
            except ReplicationError as error:
                self._tell(str(error))
                await asyncio.sleep(self._retry_ms / 1000)
            else:
                self._tell("")
                await self._register.wait_beyond(versions)

    async def settle(self) -> int:
        """Answer every claim that has no answer yet; how many those were."""
        claims = await self._register.card_claims()
        waiting = [claim for claim in claims if claim.state is ClaimState.CLAIMED]
        for first in range(0, len(waiting), AT_ONCE_MAX):
            await self._settle(waiting[first : first + AT_ONCE_MAX])
        return len(waiting)

    async def _settle(self, claims: Sequence[CardClaim]) -> None:
        verdicts = await self._directory.write(lambda connection: _verdicts(connection, claims))
        await self._register.settle_card_claims(verdicts)
        for claim in verdicts:
            logger.info(
                "a card that %s claimed at %s is %s %s",
                claim.user_name,
                claim.site_name,
                claim.state,
                claim.reason,
            )

    def _tell(self, problem: str) -> None:
        if problem and not self._problem:
            logger.error("card claims cannot be settled: %s", problem)
        if self._problem and not problem:
            logger.info("card claims are settled again")
        self._problem = problem


def _verdicts(connection: Connection, claims: Sequence[CardClaim]) -> list[CardClaim]:
    open_sites = sites_with_claims(connection)
    verdicts = []
    for claim in claims:
        refusal: ClaimRefusal | None = ClaimRefusal.CARD_CLAIMS_OFF
        if claim.site_name in open_sites:
            refusal = settle_claim(connection, claim)
        state = ClaimState.CONFIRMED if refusal is None else ClaimState.REFUSED
        verdicts.append(replace(claim, state=state, reason=refusal or ""))
    return verdicts
